/** Stops what runs in a chat. */
import { opencode } from '@/shared/api/opencode';
import { type ChatView, type PendingRequest, relay } from '@/shared/api/relay';

/** Stops it, and withdraws what it asked: opencode would list that for ever. */
export async function stopChat({ id, directory, requests }: ChatView): Promise<void> {
  if (directory === null) return;
  await Promise.all([
    opencode.abort(id, directory),
    // Nothing waits for these any more, so a failure leaves only a line in opencode's list.
    ...requests.map((request) => relay.answer(request.id, refusalOf(request)).catch(() => undefined)),
  ]);
}

function refusalOf({ kind }: PendingRequest) {
  return kind === 'permission' ? ({ reply: 'reject' } as const) : ({ reject: true } as const);
}
