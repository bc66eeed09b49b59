/** Asks before a process of ocweb is restarted, and says what that cuts off. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Service } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { send } from '@/shared/http';
import { Decision } from '@/shared/ui/Decision';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';

/** What is cut off, where it is more than a moment's silence. */
const consequences: Record<string, string> = {
  opencode: 'What agents are doing now is cut off; their chats are marked, and go on with one tap.',
  caddy: 'This page loses its connection for a moment.',
};

export function RestartSheet({ service, onClose }: { service: Service; onClose: () => void }) {
  const client = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () =>
      send(`/admin/services/${encodeURIComponent(service.name)}/restart`, { method: 'POST', body: {} }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: queries.services().queryKey });
    },
  });
  return (
    <Sheet title={`Restart ${service.name}?`} onClose={onClose}>
      <div className="pad stack">
        <p>{consequences[service.name] ?? 'It is back within a second or two. Nothing is lost.'}</p>
        {error && <Failure what="Not restarted." error={error} />}
        <Decision
          verb="Restart it"
          underWay="Restarting…"
          isBusy={isPending}
          onDecide={mutate}
          onCancel={onClose}
        />
      </div>
    </Sheet>
  );
}
