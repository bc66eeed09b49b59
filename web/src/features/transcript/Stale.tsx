/** What was asked and can no longer be answered, because opencode was restarted meanwhile. */
import { useEvents } from '@/features/events/store';
import type { StaleRequest } from '@/shared/api/relay';

const none: readonly StaleRequest[] = [];

export function Stale({ chat }: { chat: string }) {
  const requests = useEvents((state) => state.chats[chat]?.stale_requests ?? none);
  return requests.map(({ id, kind, summary }) => (
    <p key={id} className="notice warn" data-testid="stale-request">
      <span>
        {kind === 'permission' ? 'It asked for a permission' : 'It asked'}, and opencode was restarted before
        the answer: {summary}
      </span>
    </p>
  ));
}
