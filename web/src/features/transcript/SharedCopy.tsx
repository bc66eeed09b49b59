/** A fork works in the same folder as the chat that it is from: that is said, as each sees what the other changes. */
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import { viewTitle } from '@/shared/chatTitle';

export function SharedCopy({ session, directory }: { session: string; directory: string }) {
  const other = useEvents((state) =>
    Object.values(state.chats).find((chat) => chat.id !== session && chat.directory === directory),
  );
  if (!other || directory === '') return null;
  return (
    <div className="shared-copy" data-testid="shared-copy">
      <p>works in the same folder and branch as another chat: what one changes, the other sees</p>
      <Link href={`/chat/${other.id}`} className="text-link">
        {viewTitle(other)} ›
      </Link>
    </div>
  );
}
