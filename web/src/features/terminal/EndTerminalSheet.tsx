/** Asks before a terminal is ended: one tap would end whatever runs in it, for good. */
import { useMutation } from '@tanstack/react-query';
import { opencode } from '@/shared/api/opencode';
import { Decision } from '@/shared/ui/Decision';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';

export interface EndTerminalSheetProps {
  directory: string;
  id: string;
  onEnded: () => void;
  onClose: () => void;
}

export function EndTerminalSheet({ directory, id, onEnded, onClose }: EndTerminalSheetProps) {
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => opencode.endTerminal(directory, id),
    onSuccess: onClose,
    onSettled: onEnded,
  });
  return (
    <Sheet title="End this terminal?" onClose={onClose}>
      <div className="pad stack">
        <p>What runs in it ends, and what it shows is gone. Leaving the page ends nothing.</p>
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
