/** What a chat is doing, in the few words that fit in a list. Pure. */
import type { EventState } from '@/features/events/state';
import type { Chat } from '@/shared/api/admin';
import { isSettled } from '@/shared/api/queries';

export type ChatStatus = 'preparing' | 'working' | 'needs you' | 'retrying' | 'failed' | 'idle';

type Known = Pick<EventState, 'statuses' | 'permissions' | 'questions' | 'errors'>;

export function chatStatus(chat: Chat, known: Known): ChatStatus {
  if (chat.state === 'failed') return 'failed';
  if (!isSettled(chat)) return 'preparing';
  // Each chat has a working copy of its own, so whatever waits in it waits for this chat, subagents included.
  const waits = [...Object.values(known.permissions), ...Object.values(known.questions)];
  if (waits.some((item) => item.directory === chat.directory)) return 'needs you';
  const status = known.statuses[chat.id]?.value.type;
  if (status === 'busy') return 'working';
  if (status === 'retry') return 'retrying';
  return known.errors[chat.id] === undefined ? 'idle' : 'failed';
}

/** A name for the chat: its title, else the beginning of what was asked. */
export function chatTitle(chat: Chat, sessionTitle: string | undefined): string {
  // opencode calls a session "New session - <date>" until it has found a title.
  if (sessionTitle !== undefined && !sessionTitle.startsWith('New session - ')) return sessionTitle;
  const firstLine = chat.prompt?.trim().split('\n')[0];
  return chat.title || firstLine || 'New chat';
}
