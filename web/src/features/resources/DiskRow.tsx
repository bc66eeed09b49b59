/** One thing that takes room: whose it is, how much, and its deletion. */
import { useState } from 'react';
import { Link } from 'wouter';
import { hasChats } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { deleting } from '@/shared/api/deleting';
import { viewTitle } from '@/shared/chatTitle';
import { bytes } from '@/shared/format';
import { DeleteSheet } from '@/shared/ui/DeleteSheet';
import type { ChatDeletion } from './Disk';
import type { DiskItem } from './diskParts';

interface RowProps<Kind extends DiskItem['kind']> {
  item: Extract<DiskItem, { kind: Kind }>;
  /** Told with what it was. */
  onRemoved: (what: string) => void;
}

export function DiskRow({
  item,
  chatDeletion,
  onRemoved,
}: {
  item: DiskItem;
  chatDeletion: ChatDeletion;
  onRemoved: (what: string) => void;
}) {
  switch (item.kind) {
    case 'clone':
      return <CloneRow item={item} onRemoved={onRemoved} />;
    case 'worktree':
      return <WorktreeRow item={item} chatDeletion={chatDeletion} onRemoved={onRemoved} />;
    case 'opencode':
      return <StateRow name="opencode" note="conversations, settings, caches" item={item} />;
    case 'ocweb':
      return <StateRow name="ocweb" note="logins, prompts, what was measured" item={item} />;
  }
}

function StateRow({ name, note, item }: { name: string; note: string; item: DiskItem }) {
  return (
    <div className="row" data-testid="disk-item" data-kind={item.kind}>
      <span className="grow">
        {name}
        <span className="sub block-line">{note}</span>
      </span>
      <span>{bytes(item.bytes)}</span>
    </div>
  );
}

function CloneRow({ item, onRemoved }: RowProps<'clone'>) {
  const [isAsking, setAsking] = useState(false);
  return (
    <div className="row" data-testid="disk-item" data-kind="clone">
      <span className="grow">
        {item.repo}
        <span className="sub block-line">clone</span>
      </span>
      <span>{bytes(item.bytes)}</span>
      <button
        type="button"
        className="button"
        aria-label={`Delete the clone of ${item.repo}`}
        onClick={() => setAsking(true)}
      >
        delete
      </button>
      {isAsking && (
        <DeleteSheet
          title="Delete this clone?"
          remove={(terms) => deleting.repo(item.repo, terms)}
          onClose={() => setAsking(false)}
          onDeleted={() => {
            setAsking(false);
            onRemoved(`The clone of ${item.repo}`);
          }}
        >
          <p>
            {item.repo}, {bytes(item.bytes)}
          </p>
          <p className="dim">
            It is cloned again when a chat needs it. Its chats, their working copies and unpushed work are
            checked first.
          </p>
        </DeleteSheet>
      )}
    </div>
  );
}

function WorktreeRow({
  item,
  chatDeletion,
  onRemoved,
}: RowProps<'worktree'> & { chatDeletion: ChatDeletion }) {
  const chat = useEvents((state) => state.chats[item.chat]);
  const isGone = useEvents(hasChats) && chat === undefined;
  const [isAsking, setAsking] = useState(false);
  const title = chat ? viewTitle(chat) : item.chat;
  const text = (
    <>
      {title}
      <span className="sub block-line">
        {isGone ? 'working copy of a chat that is gone' : 'working copy'} · {item.repo}
      </span>
    </>
  );
  const sheet = {
    onClose: () => setAsking(false),
    onDeleted: () => {
      setAsking(false);
      onRemoved(chat ? `The chat “${title}”` : `The working copy of ${title}`);
    },
  };
  return (
    <div className="row" data-testid="disk-item" data-kind="worktree">
      {isGone ? (
        <span className="grow">{text}</span>
      ) : (
        <Link href={`/chat/${item.chat}`} className="grow row-link">
          {text}
        </Link>
      )}
      <span>{bytes(item.bytes)}</span>
      <button
        type="button"
        className="button"
        aria-label={chat ? `Delete the chat ${title}` : `Delete the working copy of ${title}`}
        onClick={() => setAsking(true)}
      >
        delete
      </button>
      {isAsking && (chat ? chatDeletion({ chat, ...sheet }) : <DeleteWorktree item={item} {...sheet} />)}
    </div>
  );
}

function DeleteWorktree({
  item,
  onClose,
  onDeleted,
}: {
  item: Extract<DiskItem, { kind: 'worktree' }>;
  onClose: () => void;
  onDeleted: () => void;
}) {
  return (
    <DeleteSheet
      title="Delete this working copy?"
      remove={(terms) => deleting.worktree(item.repo, item.chat, terms)}
      onClose={onClose}
      onDeleted={onDeleted}
    >
      <p>
        {item.repo}, {bytes(item.bytes)}
      </p>
      <p className="dim">
        Its chat is not known here. The folder <code>{item.path}</code> and its branch will be gone; changes
        that are not committed or not pushed are checked first.
      </p>
    </DeleteSheet>
  );
}
