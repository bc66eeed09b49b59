/** How a chat is called. Pure. */
import type { ChatView } from './api/relay';

/** A name for the chat: its title, else the beginning of what was asked. */
export function chatTitle(title: string | null, asked: string | undefined): string {
  // opencode calls a session "New session - <date>" until it has found a title.
  if (title !== null && title !== '' && !title.startsWith('New session - ')) return title;
  return asked?.trim().split('\n')[0] || 'New chat';
}

/** How a chat is called in a list. */
export function viewTitle(chat: ChatView): string {
  return chatTitle(chat.title, chat.prompts[0]?.text);
}
