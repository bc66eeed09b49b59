/** What binds the open page to its notifications: taps on them, those that are over, the badge, the subscription. */
import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';
import { useEvents } from '@/features/events/store';
import { keepSubscribed } from '@/features/notifications/thisDevice';
import { closeWhatIsOver, liveTags } from '@/features/notifications/tidy';
import { pathToOpen } from '@/shared/push/openMessage';
import { useCounts } from './useTitle';

export function useNotifications(): void {
  const [, navigate] = useLocation();
  useEffect(() => {
    const worker = navigator.serviceWorker as ServiceWorkerContainer | undefined;
    const onMessage = ({ data }: MessageEvent<unknown>) => {
      const path = pathToOpen(data);
      if (path !== null) navigate(path);
    };
    worker?.addEventListener('message', onMessage);
    return () => worker?.removeEventListener('message', onMessage);
  }, [navigate]);

  const isKnown = useEvents((state) => state.isKnown);
  const { needsYou, unread } = useCounts();
  const count = needsYou + unread;
  useEffect(() => {
    if (!isKnown) return;
    // Refused where the app is not installed; then there is no badge either. None is shown for 0.
    if ('setAppBadge' in navigator) navigator.setAppBadge(count).catch(() => undefined);
  }, [isKnown, count]);

  const live = useEvents((state) => liveTags(Object.values(state.chats)).join(' '));
  useEffect(() => {
    if (isKnown) closeWhatIsOver(new Set(live.split(' '))).catch(() => undefined);
  }, [isKnown, live]);

  const isLive = useEvents((state) => state.connection.phase === 'live');
  const isKept = useRef(false);
  useEffect(() => {
    if (!isLive || isKept.current) return;
    // Once at each start, as soon as the server can be reached. Whether it worked is said on the page of notifications.
    keepSubscribed().then(
      () => {
        isKept.current = true;
      },
      () => undefined,
    );
  }, [isLive]);
}
