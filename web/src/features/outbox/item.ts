/** A prompt that this phone keeps until the server has it. Pure. */
import { RequestError } from '@/shared/http';

export interface Item {
  /** The id of the message that it becomes: made here, so that it can be sent twice and arrive once. */
  id: string;
  chat: string;
  text: string;
  model: string | null;
  agent: string;
  /** Set where the chat is made with this as its first prompt. */
  newChat: { repo: string; base: string | null } | null;
  created_at: string;
  /** Whether the server may have it already. */
  isAttempted: boolean;
  /** Why the server will not take it; it and what comes after it wait for somebody's decision. */
  refusal: string | null;
  /** Whether that will never change: it can only be taken back. */
  isFinal?: boolean;
}

/** Oldest first; ids sort by time. */
export function inOrder(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The next to hand over: the oldest of a chat that is not held up. */
export function nextOf(items: readonly Item[], heldUp: ReadonlySet<string>): Item | null {
  const seen = new Set(heldUp);
  for (const item of inOrder(items)) {
    if (!seen.has(item.chat) && item.refusal === null) return item;
    seen.add(item.chat);
  }
  return null;
}

/** Whether asking again would be answered in the same way. */
export function isRefusal(error: unknown): error is RequestError {
  if (!(error instanceof RequestError)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
}

/** Whether no other attempt can ever be taken: its chat was deleted meanwhile, perhaps on another device. */
export function isFinal({ kind }: RequestError): boolean {
  return kind === 'chat-deleted';
}
