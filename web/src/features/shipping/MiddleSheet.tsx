/** What git has begun and not finished: the files in conflict, and the ways out. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { GitStat } from '@/shared/api/git';
import { abortUpdate } from '@/shared/api/shipping';
import { plural } from '@/shared/format';
import { filesAddress } from '@/shared/git/addresses';
import { useRefresh } from '@/shared/git/useRefresh';
import { Refused } from '@/shared/ui/Refused';
import { Sheet } from '@/shared/ui/Sheet';
import { canGoOn, conflictPrompt, operationName } from './next';
import { useUpdate } from './useUpdate';

interface Props {
  chat: string;
  stat: GitStat;
  onHandOver: (prompt: string) => Promise<void>;
  onClose: () => void;
}

export function MiddleSheet({ chat, stat, onHandOver, onClose }: Props) {
  const [isAborting, setAborting] = useState(false);
  const refresh = useRefresh(chat);
  const goOn = useUpdate(chat, 'base', onClose);
  const abort = useMutation({
    mutationFn: () => abortUpdate(chat),
    onSettled: refresh,
    onSuccess: onClose,
  });
  const handOver = useMutation({ mutationFn: () => onHandOver(conflictPrompt(stat)) });
  const name = operationName(stat);
  const isBusy = goOn.isPending || abort.isPending || handOver.isPending;
  const more = stat.conflicts - stat.conflicting_files.length;
  return (
    <Sheet title={name === null ? 'Files in conflict' : `In the middle of a ${name}`} onClose={onClose}>
      <div data-testid="conflicts">
        <p className="pad">
          {stat.conflicts > 0 ? `${plural(stat.conflicts, 'file')} in conflict:` : 'No file is in conflict.'}
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
        {stat.conflicts > 0 && (
          <button
            type="button"
            className="button primary wide"
            disabled={isBusy}
            onClick={() => handOver.mutate()}
          >
            Hand it to the agent
          </button>
        )}
        {canGoOn(stat) && (
          <button
            type="button"
            className="button primary wide"
            disabled={isBusy}
            onClick={() => goOn.mutate('continue')}
          >
            Finish the {name}
          </button>
        )}
        {name !== null && !isAborting && (
          <button type="button" className="button wide" disabled={isBusy} onClick={() => setAborting(true)}>
            Abort the {name}
          </button>
        )}
        {isAborting && (
          <button
            type="button"
            className="button danger wide"
            disabled={isBusy}
            onClick={() => abort.mutate()}
          >
            {stat.operation === 'bisect'
              ? 'Abort, and go back to the branch'
              : 'Abort, and lose what was resolved'}
          </button>
        )}
      </div>
    </Sheet>
  );
}
