/** Keeps what is seen for a start without a network, and begins with it. Where storage is forbidden nothing is kept. */
import { whenLoggedOut } from '@/shared/http';
import { type SeenConversation, seenChats, seenConversation } from './lastSeen';
import { keepLastSeen, readLastSeen, wipeLastSeen } from './lastSeenStorage';
import type { EventState, Transcript } from './state';
import { dispatch, useEvents } from './store';

/** What changes is kept soon, but at most this often, in milliseconds; at once when the page is left. */
const pause = 5_000;
const soon = 1_000;

/** Starts it; returns what stops it. */
export function startRemembering(): () => void {
  let chats: EventState['chats'] | null = null;
  const conversations = new Map<string, Transcript>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;
  let last = Number.NEGATIVE_INFINITY;

  /** What changed since it was kept last. */
  function changed(): { chats: EventState['chats'] | null; conversations: SeenConversation[] } {
    const state = useEvents.getState();
    const now = Date.now();
    const seen: SeenConversation[] = [];
    for (const [session, transcript] of Object.entries(state.transcripts)) {
      if (transcript.isLastSeen || conversations.get(session) === transcript) continue;
      conversations.set(session, transcript);
      const kept = seenConversation(session, transcript, now);
      if (kept) seen.push(kept);
    }
    const isNew = state.isKnown && state.chats !== chats;
    if (isNew) chats = state.chats;
    return { chats: isNew ? state.chats : null, conversations: seen };
  }

  function keep(): void {
    clearTimeout(timer);
    timer = undefined;
    last = performance.now();
    if (isOver) return;
    const { chats: told, conversations: seen } = changed();
    if (told === null && seen.length === 0) return;
    keepLastSeen(told && seenChats(told, Date.now()), seen).catch(() => undefined);
  }

  const stopListening = useEvents.subscribe(() => {
    timer ??= setTimeout(keep, Math.max(soon, last + pause - performance.now()));
  });
  const onHidden = () => {
    if (document.hidden) keep();
  };
  document.addEventListener('visibilitychange', onHidden);
  addEventListener('pagehide', keep);
  const stopWaiting = whenLoggedOut(async () => {
    isOver = true;
    await wipeLastSeen();
  });
  readLastSeen().then(
    (seen) => {
      if (!isOver) dispatch({ type: 'restored', seen });
    },
    () => undefined,
  );
  return () => {
    isOver = true;
    clearTimeout(timer);
    stopListening();
    stopWaiting();
    document.removeEventListener('visibilitychange', onHidden);
    removeEventListener('pagehide', keep);
  };
}
