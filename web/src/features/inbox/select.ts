/** What the inbox shows of all chats. Pure. */
import type { ChatView, PendingRequest, StaleRequest } from '@/shared/api/relay';

/** Something of a chat's, with the chat for its title and repository. */
export interface OfChat<T> {
  chat: ChatView;
  item: T;
}

function ofChats<T>(chats: readonly ChatView[], items: (chat: ChatView) => readonly T[]): OfChat<T>[] {
  return chats.flatMap((chat) => items(chat).map((item) => ({ chat, item })));
}

/** Sorts times as text of RFC 3339 by what they mean: their fractions of a second differ in length. */
function byTime(a: string, b: string): number {
  return Date.parse(a) - Date.parse(b);
}

/** What waits for an answer, the oldest first. */
export function waiting(chats: readonly ChatView[]): OfChat<PendingRequest>[] {
  return ofChats(chats, (chat) => chat.requests).sort((a, b) => byTime(a.item.asked_at, b.item.asked_at));
}

export function countWaiting(chats: readonly ChatView[]): number {
  return chats.reduce((sum, chat) => sum + chat.requests.length, 0);
}

/** What a restart of opencode made void, the newest first. */
export function voided(chats: readonly ChatView[]): OfChat<StaleRequest>[] {
  return ofChats(chats, (chat) => chat.stale_requests).sort((a, b) => byTime(b.item.at, a.item.at));
}

const worthALook = ['unread', 'failed', 'interrupted'] as const;
type WorthALook = (typeof worthALook)[number];

function isWorthALook(chat: ChatView): chat is ChatView & { state: WorthALook } {
  return worthALook.some((state) => state === chat.state);
}

/** Chats that ended in some way and ask nothing, the newest first; what was put away is not among them. */
export function ended(chats: readonly ChatView[]): (ChatView & { state: WorthALook })[] {
  return chats
    .filter((chat) => !chat.archived)
    .filter(isWorthALook)
    .sort((a, b) => byTime(b.since, a.since));
}
