/** The ways to the inbox, with how much waits for an answer. */
import { Link, useLocation } from 'wouter';
import { useEvents } from '@/features/events/store';
import { countWaiting } from '@/features/inbox/select';
import { Icon } from '@/shared/ui/Icon';

/** How much waits for an answer, in all chats. */
export function useWaiting(): number {
  return useEvents((state) => countWaiting(Object.values(state.chats)));
}

/** In the top bar of every page; it is there only while something waits. */
export function InboxButton() {
  const count = useWaiting();
  const [path, navigate] = useLocation();
  if (count === 0 || path === '/inbox') return null;
  return (
    <button
      type="button"
      className="icon-button inbox-button"
      aria-label={`Inbox: ${count} waiting`}
      onClick={() => navigate('/inbox')}
    >
      <Icon name="inbox" />
      <span className="badge" aria-hidden="true">
        {count}
      </span>
    </button>
  );
}

/** In the drawer, always. */
export function InboxLink({ onChoose }: { onChoose: () => void }) {
  const count = useWaiting();
  const [path] = useLocation();
  return (
    <Link
      href="/inbox"
      className="row inbox-link"
      aria-current={path === '/inbox' ? 'page' : undefined}
      onClick={onChoose}
    >
      <Icon name="inbox" />
      <span className="grow">Inbox</span>
      {count > 0 && (
        <span className="badge" data-testid="inbox-count">
          {count}
        </span>
      )}
    </Link>
  );
}
