/** Which chats the list shows, in which groups and order. Pure. */
import type { ChatView } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';

export type Grouping = 'time' | 'repo';

export interface Group {
  name: string;
  chats: readonly ChatView[];
}

export interface ChatGroups {
  groups: readonly Group[];
  /** Those that were put away, the newest first. */
  archived: readonly ChatView[];
}

export function newestFirst(chats: readonly ChatView[]): ChatView[] {
  return [...chats].sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
}

const inMotion: ReadonlySet<ChatView['state']> = new Set(['queued', 'working', 'retrying', 'needs_you']);

/** Whether a chat is out of sight: one that works or asks is not, though it was put away. */
export function isPutAway({ archived, state }: ChatView): boolean {
  return archived && !inMotion.has(state);
}

/** Whether each word of a search is somewhere in a chat's title, repository, branch or last line. */
export function matches(chat: ChatView, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const text = [viewTitle(chat), chat.repo, chat.branch, chat.last_line].join('\n').toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The chats that match, in the order in which the groups begin: by time, or by the repository used last. */
export function grouped(
  chats: readonly ChatView[],
  grouping: Grouping,
  search: string,
  now: number,
): ChatGroups {
  const found = newestFirst(chats.filter((chat) => matches(chat, search)));
  const groups = new Map<string, ChatView[]>();
  for (const chat of found) {
    if (isPutAway(chat)) continue;
    const name =
      grouping === 'repo' ? (chat.repo ?? 'made elsewhere') : period(Date.parse(chat.updated_at), now);
    const group = groups.get(name);
    if (group) group.push(chat);
    else groups.set(name, [chat]);
  }
  return {
    groups: [...groups].map(([name, members]) => ({ name, chats: members })),
    archived: found.filter(isPutAway),
  };
}

const day = 24 * 60 * 60 * 1000;

function period(time: number, now: number): string {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  if (time >= midnight) return 'today';
  if (time >= midnight - day) return 'yesterday';
  return time >= midnight - 7 * day ? 'this week' : 'earlier';
}
