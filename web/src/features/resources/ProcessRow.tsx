/** One process: what it runs, for which chat, since when, and its memory. */
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import type { ProcessReport } from '@/shared/api/admin';
import { viewTitle } from '@/shared/chatTitle';
import { age, bytes } from '@/shared/format';

/** Of whom a process is, in words. */
export function useOwner({ session_id, repo }: ProcessReport): string | null {
  return useEvents((state) => {
    const chat = session_id === null ? undefined : state.chats[session_id];
    return chat ? viewTitle(chat) : repo;
  });
}

export function ProcessRow({
  process,
  onEnd,
}: {
  process: ProcessReport;
  onEnd: (process: ProcessReport) => void;
}) {
  const owner = useOwner(process);
  const text = (
    <>
      <span className="process-command">{process.command}</span>
      {owner !== null && <span className="process-owner">{owner}</span>}
      <span className="sub block-line">
        pid {process.pid} · {age(process.age_seconds * 1000)} · {bytes(process.memory_bytes)}
      </span>
    </>
  );
  return (
    <div className="row" data-testid="process" data-pid={process.pid} data-orphan={process.orphan}>
      {process.session_id === null ? (
        <span className="grow">{text}</span>
      ) : (
        <Link className="grow row-link" href={`/chat/${process.session_id}`}>
          {text}
        </Link>
      )}
      {process.orphan && (
        <button
          type="button"
          className="button"
          aria-label={`End process ${process.pid}`}
          onClick={() => onEnd(process)}
        >
          end
        </button>
      )}
    </div>
  );
}
