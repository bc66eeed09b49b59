/** Says after a deletion that the work in it is saved, and brings it back in one tap. */
import { explain } from '@/shared/http';
import { noteSaved, useJustSaved } from '@/shared/justSaved';
import { day } from './savedWords';
import { useRestore } from './useRestore';

export default function SavedBar() {
  const works = useJustSaved((state) => state.works);
  const hide = () => noteSaved([]);
  const { mutate, isPending, error } = useRestore(hide);
  const [first] = works;
  if (!first) return null;
  return (
    <div className="instance-bar update-bar" role="status" data-testid="just-saved">
      <span className="grow">
        {isPending
          ? 'Restoring…'
          : error
            ? `Not restored. ${explain(error)}`
            : `Deleted. Its work is saved until ${day(first.until)}.`}
      </span>
      <button type="button" disabled={isPending} onClick={() => mutate(works)}>
        Undo
      </button>
      <button type="button" disabled={isPending} onClick={hide}>
        hide
      </button>
    </div>
  );
}
