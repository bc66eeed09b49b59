/** Replaces the branch at GitHub by what is here: only ever asked for, and only the commit that was shown. */
import { useMutation } from '@tanstack/react-query';
import type { GitStat } from '@/shared/api/git';
import { pushBranch } from '@/shared/api/shipping';
import { plural } from '@/shared/format';
import { Sheet } from '@/shared/ui/Sheet';
import { Refused } from './Refused';
import { useRefresh } from './useRefresh';

interface Props {
  chat: string;
  stat: GitStat;
  /** The commit that the branch at GitHub is at. */
  commit: string;
  /** How many commits are there and not here. */
  lost: number;
  onClose: () => void;
}

export function ReplaceSheet({ chat, stat, commit, lost, onClose }: Props) {
  const refresh = useRefresh(chat);
  const replace = useMutation({
    mutationFn: () => pushBranch(chat, commit),
    onSettled: refresh,
    onSuccess: onClose,
  });
  return (
    <Sheet title="Replace the branch at GitHub?" onClose={onClose}>
      <div className="pad stack">
        <p>
          {stat.remote?.name} at GitHub has {plural(lost, 'commit')} that this working copy does not have.
          After a rebase these are the ones from before it. If somebody else pushed, they would be lost.
        </p>
        {replace.error && <Refused what="Not pushed." error={replace.error} />}
        <button
          type="button"
          className="button danger wide"
          disabled={replace.isPending}
          onClick={() => replace.mutate()}
        >
          {replace.isPending ? 'Pushing…' : 'Replace it'}
        </button>
        <button type="button" className="button wide" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Sheet>
  );
}
