/** The two ways to bring in what a branch lacks, and what came of it. */
import { Refused } from '@/shared/ui/Refused';
import type { useUpdate } from './useUpdate';

interface Props {
  update: ReturnType<typeof useUpdate>;
  /** What is brought in, such as "main". */
  name: string;
  /** What else a rebase means. */
  rebaseNote: string;
}

export function UpdateRows({ update, name, rebaseNote }: Props) {
  const { isPending } = update;
  return (
    <>
      <button type="button" className="row" disabled={isPending} onClick={() => update.mutate('merge')}>
        <span className="grow">
          Merge {name} into it
          <span className="sub block-line">adds a commit, and rewrites nothing</span>
        </span>
      </button>
      <button type="button" className="row" disabled={isPending} onClick={() => update.mutate('rebase')}>
        <span className="grow">
          Rebase onto {name}
          <span className="sub block-line">makes its commits anew{rebaseNote}</span>
        </span>
      </button>
      {isPending && (
        <p className="pad dim" role="status">
          <span className="pulse" /> updating
        </p>
      )}
      {update.data?.result === 'up_to_date' && (
        <p className="pad" role="status">
          Nothing new: this branch has all of {name}.
        </p>
      )}
      {update.error && <Refused what="Not updated." error={update.error} />}
    </>
  );
}
