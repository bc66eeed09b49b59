/** What waits for an answer in a chat, pinned where the composer is. */
import { lazy, Suspense } from 'react';
import { useEvents } from '@/features/events/store';
import type { PendingRequest } from '@/shared/api/relay';
import './prompts.css';

const Requests = lazy(() => import('@/shared/requests/Requests'));

const none: readonly PendingRequest[] = [];

export function Prompts({ chat }: { chat: string }) {
  const requests = useEvents((state) => state.chats[chat]?.requests ?? none);
  if (requests.length === 0) return null;
  return (
    <div className="prompts">
      <Suspense>
        <Requests requests={requests} />
      </Suspense>
    </div>
  );
}
