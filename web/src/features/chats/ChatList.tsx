/** All chats of all repositories, with what each is doing: many can be watched at once. */
import { useDeferredValue, useMemo, useState } from 'react';
import { hasChats } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import type { GitStat } from '@/shared/api/git';
import type { ChatView } from '@/shared/api/relay';
import { useGitStats } from '@/shared/git/useGitStats';
import { recall, remember } from '@/shared/storage';
import { Loading } from '@/shared/ui/Notice';
import { SearchField } from '@/shared/ui/SearchField';
import { type Tab, Tabs } from '@/shared/ui/Tabs';
import { ChatRow } from './ChatRow';
import { type Grouping, grouped } from './list';
import { useMinute } from './useMinute';
import './chats.css';

const groupings: readonly Tab<Grouping>[] = [
  { value: 'time', label: 'by time' },
  { value: 'repo', label: 'by repository' },
];

/** Fewer need no search. */
const fewest = 5;

export interface ChatListProps {
  current: string | null;
  onChoose: () => void;
  onMenu: (chat: string) => void;
}

export function ChatList({ current, onChoose, onMenu }: ChatListProps) {
  const isKnown = useEvents(hasChats);
  // What is typed and tapped goes before what is told of hundreds of chats.
  const chats = useDeferredValue(useEvents((state) => state.chats));
  const [grouping, setGrouping] = useState<Grouping>(recall('grouping') === 'repo' ? 'repo' : 'time');
  const [search, setSearch] = useState('');
  const [isArchiveOpen, setArchiveOpen] = useState(false);
  const now = useMinute();
  const { groups, archived } = useMemo(
    () => grouped(Object.values(chats), grouping, search, now),
    [chats, grouping, search, now],
  );
  const stats = useGitStats();
  const rows = { current, now, stats, showRepo: grouping === 'time', onChoose, onMenu };
  const isSearching = search.trim() !== '';
  const count = Object.keys(chats).length;
  return (
    <div className="chat-list">
      <Tabs
        label="Group chats"
        tabs={groupings}
        chosen={grouping}
        onChoose={(value) => {
          setGrouping(value);
          remember('grouping', value);
        }}
      />
      {(count >= fewest || isSearching) && (
        <div className="chat-search">
          <SearchField label="Search chats" value={search} onChange={setSearch} />
        </div>
      )}
      {!isKnown && <Loading what="loading chats" />}
      {isKnown && count === 0 && <p className="dim pad">No chats yet.</p>}
      {isSearching && groups.length + archived.length === 0 && (
        <p className="dim pad" role="status">
          No chat has “{search.trim()}” in its title, repository, branch or last line.
        </p>
      )}
      <nav aria-label="Chats">
        {groups.map(({ name, chats: members }) => (
          <div key={name}>
            <h2 className="section-title">{name}</h2>
            <Rows chats={members} {...rows} />
          </div>
        ))}
        {archived.length > 0 && (
          <>
            <button
              type="button"
              className="row dim"
              aria-expanded={isArchiveOpen || isSearching}
              disabled={isSearching}
              onClick={() => setArchiveOpen(!isArchiveOpen)}
            >
              Archived ({archived.length})
            </button>
            {(isArchiveOpen || isSearching) && <Rows chats={archived} {...rows} showRepo />}
          </>
        )}
      </nav>
    </div>
  );
}

interface RowsProps extends ChatListProps {
  chats: readonly ChatView[];
  stats: ReadonlyMap<string, GitStat>;
  now: number;
  showRepo: boolean;
}

function Rows({ chats, stats, current, ...rest }: RowsProps) {
  return chats.map((chat) => (
    <ChatRow key={chat.id} chat={chat} stat={stats.get(chat.id)} isCurrent={chat.id === current} {...rest} />
  ));
}
