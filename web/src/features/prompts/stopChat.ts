/** Stops what runs in a chat, and makes sure of it. What waits behind it is held by the server. */
import { isRunning } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { admin } from '@/shared/api/admin';
import { opencode } from '@/shared/api/opencode';
import { type ChatView, type PendingRequest, relay } from '@/shared/api/relay';
import { isOver } from './isOver';

/** By then it has stopped, or is said not to have, in milliseconds. */
const patience = 12_000;
/** What did not stop by then is told so again: it may have begun only after it was told. */
const pause = 2_000;

/** Whether there is something to stop: a run, or a prompt that is about to begin one. */
export function canStop(chat: ChatView): boolean {
  return isRunning(chat) || chat.prompts.some(({ state }) => state === 'sending');
}

/** Resolves once it has stopped; rejects with the reason when it has not. */
export async function stopChat(chat: ChatView): Promise<void> {
  const { id, directory } = chat;
  if (directory === null) return;
  const deadline = Date.now() + patience;
  do {
    await Promise.all([stop(id, directory), withdrawRequests(id)]);
    if (await untilOver(chat)) return;
  } while (Date.now() < deadline);
  const isLive = useEvents.getState().connection.phase === 'live';
  throw new Error(
    isLive ? 'the agent goes on. Tap Stop again.' : 'there is no connection that would tell. Tap Stop again.',
  );
}

/** Where what waits cannot be held, the run is ended all the same. */
async function stop(id: string, directory: string): Promise<void> {
  try {
    await admin.stopChat(id);
  } catch {
    await opencode.abort(id, directory);
  }
}

/** opencode would list what a stopped run asked for ever. A failure leaves only that. */
function withdrawRequests(id: string): Promise<unknown> {
  const requests = useEvents.getState().chats[id]?.requests ?? [];
  return Promise.all(
    requests.map((request) => relay.answer(request.id, refusalOf(request)).catch(() => undefined)),
  );
}

function refusalOf({ kind }: PendingRequest) {
  return kind === 'permission' ? ({ reply: 'reject' } as const) : ({ reject: true } as const);
}

/** Whether the stream tells in time that it is over. */
function untilOver(before: ChatView): Promise<boolean> {
  const look = () => {
    const { chats, connection } = useEvents.getState();
    return connection.phase === 'live' && isOver(before, chats[before.id]);
  };
  return new Promise((resolve) => {
    const answer = (isDone: boolean) => {
      clearTimeout(timer);
      unsubscribe();
      resolve(isDone);
    };
    const timer = setTimeout(answer, pause, false);
    const unsubscribe = useEvents.subscribe(() => {
      if (look()) answer(true);
    });
    if (look()) answer(true);
  });
}
