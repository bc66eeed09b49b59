/** What waits for an answer in a chat, and how it is withdrawn. */
import type { EventState, InDirectory } from '@/features/events/state';
import { dispatch, useEvents } from '@/features/events/store';
import { opencode } from '@/shared/api/opencode';

/** Whether a request of `session` belongs to the chat: its own, or one of its subagents', at any depth. */
function belongs(state: EventState, session: string, chat: string, sameDirectory: boolean): boolean {
  let current: string | undefined = session;
  for (let depth = 0; current !== undefined && depth < 16; depth += 1) {
    if (current === chat) return true;
    const info: EventState['sessions'][string] | undefined = state.sessions[current];
    // A session nobody told about: a chat's working copy is its own, so the directory says enough.
    if (!info) return sameDirectory;
    current = info.parentID;
  }
  return false;
}

/** The requests in `known` (permissions or questions) that wait for the chat's reader, oldest first. */
export function waitingIn<T extends { sessionID: string }>(
  known: Readonly<Record<string, InDirectory<T>>>,
  state: EventState,
  chat: string,
  directory: string,
): InDirectory<T>[] {
  return Object.values(known).filter((item) =>
    belongs(state, item.value.sessionID, chat, item.directory === directory),
  );
}

/** Stops what runs in the chat, and withdraws what it asked: opencode would list that for ever. */
export async function stopChat(chat: string, directory: string): Promise<void> {
  const state = useEvents.getState();
  const permissions = waitingIn(state.permissions, state, chat, directory);
  const questions = waitingIn(state.questions, state, chat, directory);
  await opencode.abort(chat, directory);
  for (const { value } of [...permissions, ...questions]) dispatch({ type: 'answered', request: value.id });
  // Nothing waits for these any more, so a failure leaves only a line in opencode's list.
  await Promise.allSettled([
    ...permissions.map((item) => opencode.replyPermission(item.value.id, item.directory, 'reject')),
    ...questions.map((item) => opencode.rejectQuestion(item.value.id, item.directory)),
  ]);
}
