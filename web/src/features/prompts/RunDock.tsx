/** Below what is shown of a part of a chat's work, as of a subagent: what its chat asks, and stopping it all. */
import { useMutation } from '@tanstack/react-query';
import { useEvents } from '@/features/events/store';
import { Failure } from '@/shared/ui/Notice';
import { Prompts } from './Prompts';
import { canStop, stopChat } from './stopChat';

export function RunDock({ chat: id }: { chat: string }) {
  const chat = useEvents((state) => state.chats[id]);
  const stop = useMutation({ mutationFn: stopChat });
  if (!chat || (!canStop(chat) && chat.requests.length === 0)) return null;
  return (
    <div className="dock">
      <Prompts chat={id} />
      {canStop(chat) && (
        <div className="run-stop">
          {stop.error && <Failure what="Not stopped:" error={stop.error} />}
          <button
            type="button"
            className="button danger wide"
            aria-describedby="run-stop-note"
            disabled={stop.isPending}
            onClick={() => stop.mutate(chat)}
          >
            {stop.isPending ? 'Stopping…' : 'Stop'}
          </button>
          <p id="run-stop-note" className="sub">
            stops the whole chat
          </p>
        </div>
      )}
    </div>
  );
}
