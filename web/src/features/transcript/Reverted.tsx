/** Says what was taken back, and undoes that, until the next prompt makes it final. */
import { useMutation } from '@tanstack/react-query';
import { useEvents } from '@/features/events/store';
import { opencode, type Session } from '@/shared/api/opencode';
import { plural } from '@/shared/format';
import { explain } from '@/shared/http';
import { filesIn, shownBefore } from './points';
import { useTakeReverted } from './session';
import './transcript.css';
import './pinned.css';

const none: readonly string[] = [];

export function Reverted({ session, directory }: { session: Session; directory: string }) {
  const take = useTakeReverted();
  const order = useEvents((state) => state.transcripts[session.id]?.order ?? none);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => opencode.unrevert(session.id, directory),
    onSuccess: take,
  });
  if (!session.revert) return null;
  const { messageID, diff = '' } = session.revert;
  const files = filesIn(diff);
  return (
    <div className="reverted" role="status" data-testid="reverted">
      <span>
        {error
          ? `Not undone. ${explain(error)}`
          : `Reverted ${plural(order.length - shownBefore(order, messageID).length, 'message')}${
              files > 0 ? ` and ${plural(files, 'file')}` : ''
            }; final with the next prompt.`}
      </span>
      <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
        {isPending ? 'Undoing…' : 'Undo'}
      </button>
    </div>
  );
}
