/** What can be done with a chat, with the actions of all features. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import ChatMenu from '@/features/chats/ChatMenu';
import { useExportAction } from '@/features/chats/useExportAction';
import { useMuteAction } from '@/features/notifications/useMuteAction';
import { levelWord } from '@/features/permissions/levels';
import { PermissionsSheet } from '@/features/permissions/PermissionsSheet';
import { SetupSheet } from '@/features/setup/SetupSheet';
import { setupWords } from '@/features/setup/words';
import type { ChatView } from '@/shared/api/relay';
import type { Action } from '@/shared/ui/ActionSheet';
import { upkeepQueries } from '@/shared/upkeep';

export default function ChatSheet({ chat, onClose }: { chat: ChatView; onClose: () => void }) {
  const [path, navigate] = useLocation();
  const mute = useMuteAction(chat.id);
  const exported = useExportAction(chat, onClose);
  const [isPermitting, setPermitting] = useState(false);
  const [isShowingSetup, setShowingSetup] = useState(false);
  const { data: setup } = useQuery(upkeepQueries.setup(chat.id));
  const setups: Action[] = setup
    ? [{ label: 'Setup', note: setupWords(setup), onClick: () => setShowingSetup(true), stays: true }]
    : [];
  const permissions: Action = {
    label: `Permissions: ${levelWord(chat.permissions)}`,
    onClick: () => setPermitting(true),
    stays: true,
  };
  function leave() {
    onClose();
    if (!path.startsWith(`/chat/${chat.id}`)) return;
    const repo = chat.repo === null ? '' : `?repo=${encodeURIComponent(chat.repo)}`;
    navigate(`/new${repo}`, { replace: true });
  }
  if (isShowingSetup) return <SetupSheet chat={chat.id} onClose={onClose} />;
  if (isPermitting) return <PermissionsSheet chat={chat} onClose={onClose} />;
  const more = chat.preparation === null ? [permissions, mute, ...setups, exported] : [mute];
  return <ChatMenu chat={chat} more={more} onClose={onClose} onDeleted={leave} />;
}
