/** `/notifications`: how the reader is told when the page is not open. */
import { useEvents } from '@/features/events/store';
import { Notifications } from '@/features/notifications/Notifications';
import { viewTitle } from '@/shared/chatTitle';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function NotificationsPage() {
  useTitle('Notifications');
  const chats = useEvents((state) => state.chats);
  const titles = Object.fromEntries(Object.values(chats).map((chat) => [chat.id, viewTitle(chat)]));
  return (
    <>
      <TopBar before={<MenuButton />} title="Notifications" sub="while this page is closed" />
      <main className="page-body">
        <div className="page-content">
          <Notifications titles={titles} />
        </div>
      </main>
    </>
  );
}
