/** The latest chats of one repository. */
import { useEvents } from '@/features/events/store';
import { ChatRow } from './ChatRow';
import { isPutAway, newestFirst } from './list';
import { useMinute } from './useMinute';

export function RecentChats({ repo, most }: { repo: string; most: number }) {
  const all = useEvents((state) => state.chats);
  const now = useMinute();
  const chats = newestFirst(Object.values(all).filter((chat) => chat.repo === repo && !isPutAway(chat)));
  if (chats.length === 0) return null;
  return (
    <nav aria-label={`Chats in ${repo}`}>
      <h2 className="section-title">go on with</h2>
      {chats.slice(0, most).map((chat) => (
        <ChatRow key={chat.id} chat={chat} now={now} showRepo={false} isCurrent={false} />
      ))}
    </nav>
  );
}
