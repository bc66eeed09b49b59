/** A chat in one row that leads to it: title, repository, since when, and what there is to say. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { ChatView } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';
import { age } from '@/shared/format';

export function ChatLine({
  chat,
  since,
  word,
  children,
}: {
  chat: ChatView;
  since: string;
  /** What became of it, before the repository. */
  word?: ReactNode;
  /** A second sentence. */
  children?: ReactNode;
}) {
  return (
    <Link href={`/chat/${chat.id}`} className="row chat-line">
      <span className="grow">
        <span className="chat-line-title">{viewTitle(chat)}</span>
        <span className="sub chat-line-sub">
          {word}
          <span>{age(Date.now() - Date.parse(since))}</span>
          {chat.repo !== null && <span className="chat-line-repo">{chat.repo}</span>}
        </span>
        {children !== undefined && <span className="sub block-line">{children}</span>}
      </span>
      <span aria-hidden="true">›</span>
    </Link>
  );
}
