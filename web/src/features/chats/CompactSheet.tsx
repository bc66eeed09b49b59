/** Replaces what was said in a chat by a summary, so that its context has room again. */
import { useMutation } from '@tanstack/react-query';
import { opencode } from '@/shared/api/opencode';
import type { ChatView } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { StatusWord } from './StatusWord';

export function CompactSheet({ chat, onClose }: { chat: ChatView; onClose: () => void }) {
  const { mutate, error, isPending, isSuccess } = useMutation({ mutationFn: () => compact(chat) });
  const isBusy = ['working', 'retrying', 'needs_you', 'queued'].includes(chat.state);
  return (
    <Sheet title="Compact this chat?" onClose={onClose}>
      <div className="pad stack">
        <p>
          The agent’s model writes a summary and goes on from that: it forgets the details, and the context
          has room again. All messages stay to be read.
        </p>
        {error && <Failure what="Not compacted." error={error} />}
        {isSuccess && <p role="status">Compacted.</p>}
        {isPending && (
          <p role="status">
            <StatusWord state={chat.state} /> It goes on though you close this.
          </p>
        )}
        {isBusy && !isPending && <p className="dim">The agent is at work; this can be done when it rests.</p>}
        {isSuccess ? (
          <button type="button" className="button wide" onClick={onClose}>
            Close
          </button>
        ) : (
          <button
            type="button"
            className="button primary wide"
            disabled={isPending || isBusy}
            onClick={() => mutate()}
          >
            {isPending ? 'Compacting…' : 'Compact'}
          </button>
        )}
      </div>
    </Sheet>
  );
}

/** With the model that the chat used last. */
async function compact({ id, directory }: ChatView): Promise<void> {
  const { model } = await opencode.session(id);
  if (!model) throw new Error('Nothing was said in this chat yet.');
  await opencode.compact(id, directory ?? '', { providerID: model.providerID, modelID: model.id });
}
