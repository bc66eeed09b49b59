/** What can be done with a chat, with the actions of all features. */
import { useLocation } from 'wouter';
import ChatMenu from '@/features/chats/ChatMenu';
import { useMuteAction } from '@/features/notifications/useMuteAction';
import type { ChatView } from '@/shared/api/relay';

export default function ChatSheet({ chat, onClose }: { chat: ChatView; onClose: () => void }) {
  const [path, navigate] = useLocation();
  const mute = useMuteAction(chat.id);
  function leave() {
    onClose();
    if (!path.startsWith(`/chat/${chat.id}`)) return;
    const repo = chat.repo === null ? '' : `?repo=${encodeURIComponent(chat.repo)}`;
    navigate(`/new${repo}`, { replace: true });
  }
  return <ChatMenu chat={chat} more={[mute]} onClose={onClose} onDeleted={leave} />;
}
