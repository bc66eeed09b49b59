/** `/inbox`: what waits for the reader, of every chat. */
import { hasChats } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { Inbox } from '@/features/inbox/Inbox';
import { Loading } from '@/shared/ui/Notice';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function InboxPage() {
  useTitle('Inbox');
  const isKnown = useEvents(hasChats);
  const chats = useEvents((state) => state.chats);
  return (
    <>
      <TopBar before={<MenuButton />} title="Inbox" sub="what waits for you, of every chat" />
      <main className="page-body">
        <div className="page-content">
          {isKnown ? <Inbox chats={Object.values(chats)} /> : <Loading what="loading the inbox" />}
        </div>
      </main>
    </>
  );
}
