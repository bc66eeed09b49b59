/** The three dots of a chat. */
import { type ReactNode, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { admin } from '@/shared/api/admin';
import { opencode, ownUiAddress } from '@/shared/api/opencode';
import type { ChatView } from '@/shared/api/relay';
import { copyText } from '@/shared/clipboard';
import { explain } from '@/shared/http';
import { DeleteSheet } from '@/shared/ui/DeleteSheet';
import { Sheet } from '@/shared/ui/Sheet';
import { isReady } from './status';

export interface ChatMenuProps {
  chat: ChatView;
  title: string;
  onClose: () => void;
  /** Items of other features. */
  children?: ReactNode;
}

export default function ChatMenu({ chat, title, onClose, children }: ChatMenuProps) {
  const [view, setView] = useState<'menu' | 'rename' | 'delete'>('menu');
  const [, navigate] = useLocation();
  const [copied, setCopied] = useState<boolean | null>(null);
  const { directory } = chat;

  if (view === 'rename') return <Rename chat={chat} title={title} onClose={onClose} />;
  if (view === 'delete') {
    return (
      <DeleteSheet
        title="Delete this chat?"
        remove={(force) => admin.deleteChat(chat.id, force)}
        onClose={onClose}
        onDeleted={() => {
          onClose();
          const repo = chat.repo === null ? '' : `?repo=${encodeURIComponent(chat.repo)}`;
          navigate(`/new${repo}`, { replace: true });
        }}
      >
        <p>“{title}”</p>
        <p className="dim">
          The conversation, its working copy
          {chat.branch !== null && (
            <>
              {' '}
              and the branch <code>{chat.branch}</code>
            </>
          )}{' '}
          will be gone. Changes that are not committed or not pushed are checked first.
        </p>
      </DeleteSheet>
    );
  }
  return (
    <Sheet title={title} onClose={onClose}>
      <div role="menu" aria-label="Chat menu">
        {chat.branch !== null && (
          <button
            type="button"
            role="menuitem"
            className="row"
            onClick={async () => setCopied(await copyText(chat.branch ?? ''))}
          >
            <span className="grow">
              {copied === null ? 'Copy branch' : copied ? 'Copied' : 'Could not copy'}
              <span className="sub block-line">{chat.branch}</span>
            </span>
          </button>
        )}
        {isReady(chat) && directory !== null && (
          <>
            <Link role="menuitem" className="row" href={`/chat/${chat.id}/diff`}>
              Changes
            </Link>
            <button type="button" role="menuitem" className="row" onClick={() => setView('rename')}>
              Rename
            </button>
            <a
              role="menuitem"
              className="row"
              href={ownUiAddress(directory, chat.id)}
              target="_blank"
              rel="noreferrer"
            >
              Open in opencode’s own page ↗
            </a>
          </>
        )}
        {children}
        <button type="button" role="menuitem" className="row danger" onClick={() => setView('delete')}>
          Delete
        </button>
      </div>
    </Sheet>
  );
}

function Rename({ chat, title, onClose }: ChatMenuProps) {
  const [name, setName] = useState(title);
  const [error, setError] = useState<string | null>(null);
  return (
    <Sheet title="Rename" onClose={onClose}>
      <form
        className="pad stack"
        onSubmit={async (event) => {
          event.preventDefault();
          try {
            await opencode.rename(chat.id, chat.directory ?? '', name.trim());
            onClose();
          } catch (thrown) {
            setError(explain(thrown));
          }
        }}
      >
        <input
          className="search"
          aria-label="Title"
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.target.value)}
        />
        {error !== null && (
          <p className="notice bad" role="alert">
            Not renamed: {error}
          </p>
        )}
        <button type="submit" className="button primary wide" disabled={name.trim() === ''}>
          Rename
        </button>
      </form>
    </Sheet>
  );
}
