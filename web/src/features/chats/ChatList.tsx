/** All chats, with what each is doing: many can be watched at once. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { useShallow } from 'zustand/react/shallow';
import { useEvents } from '@/features/events/store';
import type { Chat } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { age } from '@/shared/format';
import { recall, remember } from '@/shared/storage';
import { Failure, Loading } from '@/shared/ui/Notice';
import { type ChatStatus, chatStatus, chatTitle } from './status';
import './chats.css';

/** The statuses and titles that a list of chats shows. */
function useKnown() {
  return useEvents(
    useShallow(({ statuses, permissions, questions, errors, sessions }) => ({
      statuses,
      permissions,
      questions,
      errors,
      sessions,
    })),
  );
}

type Known = ReturnType<typeof useKnown>;

function lastActive(chat: Chat, known: Known): number {
  return Math.max(Date.parse(chat.updated_at) || 0, known.sessions[chat.id]?.time.updated ?? 0);
}

function newestFirst(chats: readonly Chat[], known: Known): Chat[] {
  return [...chats].sort((a, b) => lastActive(b, known) - lastActive(a, known));
}

type Grouping = 'time' | 'repo';

export function ChatList({ current, onChoose }: { current: string | null; onChoose: () => void }) {
  const { data, error, refetch } = useQuery(queries.chats());
  const known = useKnown();
  const [grouping, setGrouping] = useState<Grouping>(recall('grouping') === 'repo' ? 'repo' : 'time');
  function group(value: Grouping) {
    setGrouping(value);
    remember('grouping', value);
  }
  const chats = newestFirst(data ?? [], known);
  const groups = new Map<string, Chat[]>();
  for (const chat of chats) {
    const name = grouping === 'repo' ? chat.repo : period(lastActive(chat, known));
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
      {error && <Failure what="The chats could not be loaded." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="loading chats" />}
      {data?.length === 0 && <p className="dim pad">No chats yet.</p>}
      <nav aria-label="Chats">
        {[...groups].map(([name, members]) => (
          <div key={name}>
            <h2 className="section-title">{name}</h2>
            {members.map((chat) => (
              <ChatRow
                key={chat.id}
                chat={chat}
                known={known}
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
  const { data } = useQuery(queries.chats());
  const known = useKnown();
  const chats = newestFirst(data?.filter((chat) => chat.repo === repo) ?? [], known).slice(0, most);
  if (chats.length === 0) return null;
  return (
    <nav aria-label={`Chats in ${repo}`}>
      <h2 className="section-title">go on with</h2>
      {chats.map((chat) => (
        <ChatRow key={chat.id} chat={chat} known={known} showRepo={false} isCurrent={false} />
      ))}
    </nav>
  );
}

interface ChatRowProps {
  chat: Chat;
  known: Known;
  showRepo: boolean;
  isCurrent: boolean;
  onChoose?: () => void;
}

function ChatRow({ chat, known, showRepo, isCurrent, onChoose }: ChatRowProps) {
  const status = chatStatus(chat, known);
  return (
    <Link
      href={`/chat/${chat.id}`}
      className="row chat-row"
      aria-current={isCurrent ? 'page' : undefined}
      data-testid="chat-row"
      data-status={status}
      onClick={onChoose}
    >
      <span className="grow">
        <span className="chat-row-title">{chatTitle(chat, known.sessions[chat.id]?.title)}</span>
        <span className="sub chat-row-sub">
          <StatusWord status={status} percent={chat.progress?.percent ?? null} />
          <span>{age(Date.now() - lastActive(chat, known))}</span>
          {showRepo && <span className="chat-row-repo">{chat.repo.split('/').pop()}</span>}
        </span>
      </span>
    </Link>
  );
}

export function StatusWord({ status, percent = null }: { status: ChatStatus; percent?: number | null }) {
  if (status === 'idle') return null;
  const moving = status === 'working' || status === 'preparing' || status === 'retrying';
  return (
    <span className={`status status-${status.replace(' ', '-')}`}>
      {moving && <span className="pulse" aria-hidden="true" />} {status}
      {status === 'preparing' && percent !== null && ` ${Math.round(percent)}%`}
    </span>
  );
}
