/** What a chat is doing, in the few words that fit in a list. Pure. */
import type { ChatActivity, ChatView } from '@/shared/api/relay';

/** The word and the mark of each state: a state is never told by its colour alone. `null` is a mark that moves. */
const signs: Record<ChatActivity, { word: string; mark: string | null }> = {
  queued: { word: 'queued', mark: '…' },
  preparing: { word: 'preparing', mark: null },
  working: { word: 'working', mark: null },
  retrying: { word: 'retrying', mark: '↻' },
  needs_you: { word: 'needs you', mark: '?' },
  unread: { word: 'unread', mark: '●' },
  done: { word: 'done', mark: '✓' },
  failed: { word: 'failed', mark: '×' },
  interrupted: { word: 'interrupted', mark: '‖' },
};

export function statusSign(state: ChatActivity): { word: string; mark: string | null } {
  return signs[state];
}

/** Whether there can be a conversation: else its working copy is being made, or could not be made. */
export function isReady({ preparation, state, run, prompts }: ChatView): boolean {
  if (preparation !== null) return false;
  const wasRefused = prompts.some((prompt) => prompt.state === 'failed');
  return state !== 'failed' || run !== null || wasRefused;
}

/** How many chats wait for their person, and how many are done and not looked at, those put away aside. */
export function countWaiting(chats: Readonly<Record<string, ChatView>>): {
  needsYou: number;
  unread: number;
} {
  let needsYou = 0;
  let unread = 0;
  for (const { state, archived } of Object.values(chats)) {
    if (state === 'needs_you') needsYou += 1;
    if (state === 'unread' && !archived) unread += 1;
  }
  return { needsYou, unread };
}

/** The page's title, with what waits before it. */
export function documentTitle(title: string, { needsYou, unread }: { needsYou: number; unread: number }) {
  const needs = needsYou > 0 ? `(${needsYou}?) ` : '';
  const news = unread > 0 ? `(${unread}●) ` : '';
  return `${needs}${news}${title}`;
}
