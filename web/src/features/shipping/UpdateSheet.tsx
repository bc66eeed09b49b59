/** Brings a chat's branch up to its base; in the middle of that, shows what is in conflict and the ways out. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { GitStat } from '@/shared/api/git';
import { abortUpdate, type UpdateHow, updateFromBase } from '@/shared/api/shipping';
import { plural } from '@/shared/format';
import { filesAddress } from '@/shared/git/addresses';
import { Sheet } from '@/shared/ui/Sheet';
import { conflictPrompt, operationName } from './next';
import { Refused } from './Refused';
import { useRefresh } from './useRefresh';

interface Props {
  chat: string;
  stat: GitStat;
  onHandOver: (prompt: string) => Promise<void>;
  onClose: () => void;
}

export function UpdateSheet(props: Props) {
  const { stat } = props;
  const isInTheMiddle = stat.operation != null || stat.conflicts > 0;
  return isInTheMiddle ? <Middle {...props} /> : <Choice {...props} />;
}

function useUpdate(chat: string, onUpdated: () => void) {
  const refresh = useRefresh(chat);
  return useMutation({
    mutationFn: (how: UpdateHow) => updateFromBase(chat, how),
    onSuccess: async ({ result }) => {
      await refresh();
      // With conflicts the sheet stays, and shows them; that there was nothing to do is said.
      if (result === 'updated') onUpdated();
    },
    onError: refresh,
  });
}

function Choice({ chat, stat, onClose }: Props) {
  const update = useUpdate(chat, onClose);
  const isDirty = stat.uncommitted_files > 0;
  const isOff = isDirty || update.isPending;
  return (
    <Sheet title={`Update from ${stat.base}`} onClose={onClose}>
      <p className="pad dim">
        {stat.behind > 0
          ? `${stat.base} has ${plural(stat.behind, 'commit')} that this branch does not have.`
          : `As last fetched, this branch has all of ${stat.base}. It is fetched first.`}
      </p>
      {isDirty && (
        <p className="pad">
          {plural(stat.uncommitted_files, 'file')} not committed: commit first, so that nothing is mixed up.
        </p>
      )}
      <button type="button" className="row" disabled={isOff} onClick={() => update.mutate('merge')}>
        <span className="grow">
          Merge {stat.base} into it
          <span className="sub block-line">adds a commit, and rewrites nothing</span>
        </span>
      </button>
      <button type="button" className="row" disabled={isOff} onClick={() => update.mutate('rebase')}>
        <span className="grow">
          Rebase onto {stat.base}
          <span className="sub block-line">
            makes its commits anew{stat.remote != null && '; the branch at GitHub is to be replaced then'}
          </span>
        </span>
      </button>
      {update.isPending && (
        <p className="pad dim" role="status">
          <span className="pulse" /> updating
        </p>
      )}
      {update.data?.result === 'up_to_date' && (
        <p className="pad" role="status">
          Nothing new: this branch has all of {stat.base}.
        </p>
      )}
      {update.error && <Refused what="Not updated." error={update.error} />}
    </Sheet>
  );
}

function Middle({ chat, stat, onHandOver, onClose }: Props) {
  const [isAborting, setAborting] = useState(false);
  const refresh = useRefresh(chat);
  const goOn = useUpdate(chat, onClose);
  const abort = useMutation({
    mutationFn: () => abortUpdate(chat),
    onSettled: refresh,
    onSuccess: onClose,
  });
  const handOver = useMutation({ mutationFn: () => onHandOver(conflictPrompt(stat)) });
  const name = operationName(stat) ?? 'change';
  const isBusy = goOn.isPending || abort.isPending || handOver.isPending;
  const more = stat.conflicts - stat.conflicting_files.length;
  return (
    <Sheet title={`In the middle of a ${name}`} onClose={onClose}>
      <div data-testid="conflicts">
        <p className="pad">
          {stat.conflicts > 0
            ? `${plural(stat.conflicts, 'file')} in conflict:`
            : 'No file is in conflict any more.'}
        </p>
        {stat.conflicting_files.map((path) => (
          <Link key={path} href={filesAddress(chat, path)} className="row">
            {path}
          </Link>
        ))}
        {more > 0 && <p className="pad dim">and {more} more</p>}
      </div>
      <div className="pad stack">
        {[goOn.error, abort.error, handOver.error].map(
          (error, at) =>
            error && <Refused key={['on', 'abort', 'over'][at]} what="Not done." error={error} />,
        )}
        {stat.conflicts > 0 ? (
          <button
            type="button"
            className="button primary wide"
            disabled={isBusy}
            onClick={() => handOver.mutate()}
          >
            Hand it to the agent
          </button>
        ) : (
          <button
            type="button"
            className="button primary wide"
            disabled={isBusy}
            onClick={() => goOn.mutate('continue')}
          >
            Finish the {name}
          </button>
        )}
        {isAborting ? (
          <button
            type="button"
            className="button danger wide"
            disabled={isBusy}
            onClick={() => abort.mutate()}
          >
            Abort, and lose what was resolved
          </button>
        ) : (
          <button type="button" className="button wide" disabled={isBusy} onClick={() => setAborting(true)}>
            Abort the {name}
          </button>
        )}
      </div>
    </Sheet>
  );
}
