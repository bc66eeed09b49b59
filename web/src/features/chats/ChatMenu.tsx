/** What can be done with a chat: the three dots in it and in its row. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { admin } from '@/shared/api/admin';
import { ownUiAddress } from '@/shared/api/opencode';
import { type ChatView, relay } from '@/shared/api/relay';
import { viewTitle } from '@/shared/chatTitle';
import { copyText } from '@/shared/clipboard';
import { type Action, ActionSheet } from '@/shared/ui/ActionSheet';
import { Failure } from '@/shared/ui/Notice';
import { attachCommand } from './attachCommand';
import { CompactSheet } from './CompactSheet';
import { DeleteChatSheet } from './DeleteChatSheet';
import { RenameSheet } from './RenameSheet';
import { ShareSheet } from './ShareSheet';
import { isReady } from './status';

export interface ChatMenuProps {
  chat: ChatView;
  onClose: () => void;
  /** After it was deleted. */
  onDeleted: () => void;
  /** Actions of other features. */
  more: readonly Action[];
}

type View = 'menu' | 'rename' | 'share' | 'compact' | 'delete';

export default function ChatMenu({ chat, onClose, onDeleted, more }: ChatMenuProps) {
  const [view, setView] = useState<View>('menu');
  switch (view) {
    case 'rename':
      return <RenameSheet chat={chat} onClose={onClose} />;
    case 'share':
      return <ShareSheet chat={chat} onClose={onClose} />;
    case 'compact':
      return <CompactSheet chat={chat} onClose={onClose} />;
    case 'delete':
      return <DeleteChatSheet chat={chat} onClose={onClose} onDeleted={onDeleted} />;
    default:
      return <Menu chat={chat} more={more} onClose={onClose} onView={setView} />;
  }
}

interface MenuProps extends Omit<ChatMenuProps, 'onDeleted'> {
  onView: (view: View) => void;
}

function Menu({ chat, more, onClose, onView }: MenuProps) {
  const { id, branch, directory, state, archived, share_url } = chat;
  const branchCopy = useCopy(branch ?? '');
  const command = attachCommand(location.origin, id, directory ?? '');
  const commandCopy = useCopy(command);
  const read = useMutation({
    mutationFn: (isRead: boolean) => relay.markRead(id, isRead),
    onSuccess: onClose,
  });
  const archive = useMutation({ mutationFn: () => admin.archiveChat(id, !archived), onSuccess: onClose });
  const page = (name: string) => `/chat/${id}/${name}`;
  const actions: Action[] = [];
  if (branch !== null) {
    actions.push({
      label: 'Copy branch',
      note: branchCopy.told ?? branch,
      onClick: branchCopy.copy,
      stays: true,
    });
  }
  if (isReady(chat) && directory !== null) {
    actions.push(
      { label: 'Changes', href: page('diff') },
      { label: 'Log', href: page('log') },
      { label: 'Files', href: page('files') },
      { label: 'Terminal', href: page('terminal') },
      { label: 'Rename', onClick: () => onView('rename'), stays: true },
      {
        label: share_url === null ? 'Share' : 'Shared: link and stop sharing',
        ...(share_url === null ? {} : { note: share_url }),
        onClick: () => onView('share'),
        stays: true,
      },
      { label: 'Compact', onClick: () => onView('compact'), stays: true },
    );
  }
  actions.push(...more);
  if (state === 'unread' || state === 'done') {
    const isUnread = state === 'unread';
    actions.push({
      label: isUnread ? 'Mark as read' : 'Mark as unread',
      onClick: () => read.mutate(isUnread),
      stays: true,
    });
  }
  actions.push({
    label: archived ? 'Take out of the archive' : 'Archive',
    ...(archived ? {} : { note: 'out of the list; everything is kept' }),
    onClick: () => archive.mutate(),
    stays: true,
  });
  if (isReady(chat) && directory !== null) {
    actions.push(
      { label: 'Open in opencode’s own page ↗', href: ownUiAddress(directory, id), isExternal: true },
      {
        label: 'Copy the attach command',
        note: commandCopy.told ?? command,
        onClick: commandCopy.copy,
        stays: true,
      },
      { label: 'Tokens for attaching', href: '/devices#tokens' },
    );
  }
  actions.push({ label: 'Delete', danger: true, onClick: () => onView('delete'), stays: true });
  return (
    <ActionSheet title={viewTitle(chat)} actions={actions} onClose={onClose}>
      {read.error && <Failure what="Not marked." error={read.error} />}
      {archive.error && (
        <Failure what={archived ? 'Still in the archive.' : 'Not archived.'} error={archive.error} />
      )}
    </ActionSheet>
  );
}

/** Copies a text; `told` is what came of it. */
function useCopy(text: string) {
  const [told, setTold] = useState<string | null>(null);
  const copy = () => void copyText(text).then((done) => setTold(done ? `Copied: ${text}` : 'Could not copy'));
  return { told, copy };
}
