/** Asks before a process is ended: says how that goes, shows that it is under way, and tells what became of it. */
import { useMutation } from '@tanstack/react-query';
import { admin, type KillOutcome, type ProcessReport } from '@/shared/api/admin';
import { age, bytes } from '@/shared/format';
import { Decision } from '@/shared/ui/Decision';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { useOwner } from './ProcessRow';

const outcomes: Record<KillOutcome['ended_by'], string> = {
  term: 'has ended.',
  kill: 'did not end when it was asked to, and was forced.',
  gone: 'had ended by itself.',
};

export function EndProcessSheet({
  process,
  onEnded,
  onClose,
}: {
  process: ProcessReport;
  /** Told with what became of it. */
  onEnded: (words: string) => void;
  onClose: () => void;
}) {
  const owner = useOwner(process);
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => admin.killProcess(process.pid, process.start_time),
    onSuccess: ({ pid, ended_by }) => onEnded(`Process ${pid} ${outcomes[ended_by]}`),
  });
  return (
    <Sheet title="End this process?" onClose={onClose}>
      <div className="pad stack">
        <p className="process-command">{process.command}</p>
        <p className="dim">
          {owner !== null && `${owner} · `}pid {process.pid} · {age(process.age_seconds * 1000)} ·{' '}
          {bytes(process.memory_bytes)}
        </p>
        <p>
          It is asked to end, and forced after three seconds. What it has not saved is lost. What it started
          itself goes on, and is listed here then.
        </p>
        {error && <Failure what="Not ended." error={error} />}
        <Decision
          verb="End it"
          underWay="Ending…"
          isBusy={isPending}
          isDanger
          onDecide={mutate}
          onCancel={onClose}
        />
      </div>
    </Sheet>
  );
}
