/** What waits for an answer in a chat, pinned above the composer: one at a time, the oldest first. */
import { lazy, Suspense } from 'react';
import { useEvents } from '@/features/events/store';
import type { PendingRequest } from '@/shared/api/relay';
import './prompts.css';

const RequestCard = lazy(() => import('@/shared/requests/RequestCard'));

const none: readonly PendingRequest[] = [];

export function Prompts({ chat }: { chat: string }) {
  const requests = useEvents((state) => state.chats[chat]?.requests ?? none);
  const oldest = requests[0];
  if (!oldest) return null;
  return (
    <div className="prompts">
      {requests.length > 1 && <p className="dim">1 of {requests.length} that wait for an answer</p>}
      <Suspense>
        <RequestCard key={oldest.id} request={oldest} />
      </Suspense>
    </div>
  );
}
