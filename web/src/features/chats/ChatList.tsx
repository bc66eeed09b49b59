/** All chats, with what each is doing: many can be watched at once. */
import { useState } from 'react';
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import type { ChatActivity, ChatView } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';
import { age } from '@/shared/format';
import { recall, remember } from '@/shared/storage';
import { Loading } from '@/shared/ui/Notice';
import { statusSign } from './status';
import './chats.css';

function newestFirst(chats: Readonly<Record<string, ChatView>>): ChatView[] {
  return Object.values(chats).sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at));
}

type Grouping = 'time' | 'repo';

export function ChatList({ current, onChoose }: { current: string | null; onChoose: () => void }) {
  const isKnown = useEvents((state) => state.isKnown);
  const chats = newestFirst(useEvents((state) => state.chats));
  const [grouping, setGrouping] = useState<Grouping>(recall('grouping') === 'repo' ? 'repo' : 'time');
  function group(value: Grouping) {
    setGrouping(value);
    remember('grouping', value);
  }
  const groups = new Map<string, ChatView[]>();
  for (const chat of chats) {
    const name = grouping === 'repo' ? (chat.repo ?? 'elsewhere') : period(Date.parse(chat.updated_at));
    groups.set(name, [...(groups.get(name) ?? []), chat]);
  }
  return (
    <div className="chat-list">
      <fieldset className="segments" aria-label="Group chats">
        {(['time', 'repo'] as const).map((value) => (
          <button key={value} type="button" aria-pressed={grouping === value} onClick={() => group(value)}>
            by {value}
          </button>
        ))}
      </fieldset>
      {!isKnown && <Loading what="loading chats" />}
      {isKnown && chats.length === 0 && <p className="dim pad">No chats yet.</p>}
      <nav aria-label="Chats">
        {[...groups].map(([name, members]) => (
          <div key={name}>
            <h2 className="section-title">{name}</h2>
            {members.map((chat) => (
              <ChatRow
                key={chat.id}
                chat={chat}
                showRepo={grouping === 'time'}
                isCurrent={chat.id === current}
                onChoose={onChoose}
              />
            ))}
          </div>
        ))}
      </nav>
    </div>
  );
}

function period(time: number): string {
  const day = 24 * 60 * 60 * 1000;
  const midnight = new Date().setHours(0, 0, 0, 0);
  if (time >= midnight) return 'today';
  if (time >= midnight - day) return 'yesterday';
  return time >= midnight - 7 * day ? 'this week' : 'earlier';
}

/** The latest chats of one repository. */
export function RecentChats({ repo, most }: { repo: string; most: number }) {
  const all = useEvents((state) => state.chats);
  const chats = newestFirst(all)
    .filter((chat) => chat.repo === repo)
    .slice(0, most);
  if (chats.length === 0) return null;
  return (
    <nav aria-label={`Chats in ${repo}`}>
      <h2 className="section-title">go on with</h2>
      {chats.map((chat) => (
        <ChatRow key={chat.id} chat={chat} showRepo={false} isCurrent={false} />
      ))}
    </nav>
  );
}

interface ChatRowProps {
  chat: ChatView;
  showRepo: boolean;
  isCurrent: boolean;
  onChoose?: () => void;
}

function ChatRow({ chat, showRepo, isCurrent, onChoose }: ChatRowProps) {
  const { word } = statusSign(chat.state);
  return (
    <Link
      href={`/chat/${chat.id}`}
      className="row chat-row"
      aria-current={isCurrent ? 'page' : undefined}
      data-testid="chat-row"
      data-status={word}
      onClick={onChoose}
    >
      <span className="grow">
        <span className={chat.state === 'unread' ? 'chat-row-title unread' : 'chat-row-title'}>
          {viewTitle(chat)}
        </span>
        <span className="sub chat-row-sub">
          <StatusWord state={chat.state} percent={chat.preparation?.progress?.percent ?? null} />
          <span>{age(Date.now() - Date.parse(chat.updated_at))}</span>
          {showRepo && <span className="chat-row-repo">{(chat.repo ?? '').split('/').pop()}</span>}
        </span>
      </span>
    </Link>
  );
}

/** A chat's state as a mark and a word. */
export function StatusWord({ state, percent = null }: { state: ChatActivity; percent?: number | null }) {
  const { word, mark } = statusSign(state);
  return (
    <span className={`status status-${state}`} data-testid="chat-state" data-state={word}>
      <span className={mark === null ? 'pulse' : 'status-mark'} aria-hidden="true">
        {mark}
      </span>{' '}
      {word}
      {state === 'preparing' && percent !== null && ` ${Math.round(percent)}%`}
    </span>
  );
}
