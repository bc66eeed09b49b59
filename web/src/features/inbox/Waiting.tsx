/** A request with the chat that it is of, answerable on the spot. */
import { lazy, Suspense } from 'react';
import type { ChatView, PendingRequest } from '@/shared/api/relay';
import { ChatLine } from './ChatLine';

const RequestCard = lazy(() => import('@/shared/requests/RequestCard'));

export function Waiting({ chat, request }: { chat: ChatView; request: PendingRequest }) {
  return (
    <article
      className="inbox-request"
      aria-label={request.summary}
      data-testid="inbox-request"
      data-request={request.id}
    >
      <ChatLine chat={chat} since={request.asked_at} />
      <Suspense>
        <RequestCard request={request} />
      </Suspense>
    </article>
  );
}
