/**
 * The branch at GitHub and the one here both have commits that the other does not have. What others added there is brought
 * in; it is replaced only when asked for, and only at the commit that was shown. Of what was here before nothing is lost.
 */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { GitStat } from '@/shared/api/git';
import { pushBranch } from '@/shared/api/shipping';
import { plural } from '@/shared/format';
import { useRefresh } from '@/shared/git/useRefresh';
import { Refused } from '@/shared/ui/Refused';
import { Sheet } from '@/shared/ui/Sheet';
import { UpdateRows } from './UpdateRows';
import { useUpdate } from './useUpdate';

interface Props {
  chat: string;
  remote: NonNullable<GitStat['remote']>;
  onClose: () => void;
}

export function DivergedSheet({ chat, remote, onClose }: Props) {
  const refresh = useRefresh(chat);
  const update = useUpdate(chat, 'own_branch', onClose);
  const replace = useMutation({
    mutationFn: () => pushBranch(chat, remote.commit),
    onSettled: refresh,
    onSuccess: onClose,
  });
  const [isAsked, setAsked] = useState(remote.was_here);
  const commits = plural(remote.behind, 'commit');
  const replacing = isAsked ? (
    <button
      type="button"
      className="button danger wide"
      disabled={replace.isPending || update.isPending}
      onClick={() => replace.mutate()}
    >
      {replace.isPending ? 'Pushing…' : remote.was_here ? 'Replace it' : `Replace it, and lose ${commits}`}
    </button>
  ) : (
    <button type="button" className="button wide" onClick={() => setAsked(true)}>
      Replace it by what is here
    </button>
  );
  return (
    <Sheet title="Differs from GitHub" onClose={onClose}>
      <p className="pad">
        {remote.name} at GitHub has {commits} that this branch does not have.{' '}
        {remote.was_here
          ? 'This working copy had all of it before: after a rebase, these are the commits from before it.'
          : 'Somebody else added to it, or GitHub did.'}
      </p>
      {remote.was_here && <div className="pad">{replacing}</div>}
      <UpdateRows update={update} name="them" rebaseNote=" on top of them" />
      {!remote.was_here && <div className="pad">{replacing}</div>}
      {replace.error && <Refused what="Not pushed." error={replace.error} />}
    </Sheet>
  );
}
