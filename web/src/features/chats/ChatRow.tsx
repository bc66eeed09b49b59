/** A chat in the list: its title and age, what it is doing, its changes, and the last line of what was said. */
import { memo } from 'react';
import { Link } from 'wouter';
import type { GitStat as Stat } from '@/shared/api/git';
import type { ChatView } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';
import { age } from '@/shared/format';
import { GitStat } from '@/shared/git/GitStat';
import { IconButton } from '@/shared/ui/Icon';
import { useLongPress } from '@/shared/ui/useLongPress';
import { StatusWord } from './StatusWord';
import { statusSign } from './status';
import './chats.css';

export interface ChatRowProps {
  chat: ChatView;
  stat?: Stat | undefined;
  now: number;
  showRepo: boolean;
  isCurrent: boolean;
  onChoose?: (() => void) | undefined;
  /** Opens what can be done with it. */
  onMenu?: ((chat: string) => void) | undefined;
}

/** Drawn anew only when something of it changed: there may be hundreds. */
export const ChatRow = memo(function ChatRow(props: ChatRowProps) {
  const { chat, stat, now, showRepo, isCurrent, onChoose, onMenu } = props;
  const press = useLongPress(() => onMenu?.(chat.id), { onLinks: true });
  const title = viewTitle(chat);
  const isNews = chat.state === 'unread' || chat.state === 'needs_you';
  return (
    <div
      className="chat-row"
      data-testid="chat-row"
      data-chat={chat.id}
      data-status={statusSign(chat.state).word}
      {...(onMenu ? press : {})}
    >
      <Link
        href={`/chat/${chat.id}`}
        className="row chat-row-link"
        aria-current={isCurrent ? 'page' : undefined}
        onClick={onChoose}
      >
        <span className="chat-row-head">
          <span className={isNews ? 'chat-row-title news' : 'chat-row-title'}>{title}</span>
          <span className="chat-row-age">{age(now - Date.parse(chat.updated_at))}</span>
        </span>
        <span className="sub chat-row-facts">
          <StatusWord state={chat.state} percent={chat.preparation?.progress?.percent ?? null} />
          {stat && <GitStat stat={stat} />}
          {showRepo && <span className="chat-row-repo">{chat.repo?.split('/').pop()}</span>}
        </span>
        {chat.last_line !== null && (
          <span className="sub chat-row-line" data-testid="last-line">
            {chat.last_line}
          </span>
        )}
      </Link>
      {onMenu && (
        <IconButton
          name="dots"
          label={`More: ${title}`}
          className="chat-row-more"
          onClick={() => onMenu(chat.id)}
        />
      )}
    </div>
  );
});
