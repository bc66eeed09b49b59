/** What binds the page to its notifications while it is open: taps on them, the app's badge, this device's subscription. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { useEvents } from '@/features/events/store';
import { keepSubscribed } from '@/features/notifications/thisDevice';
import { pathToOpen } from '@/shared/push/openMessage';
import { useWaiting } from './InboxButton';

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
  const waiting = useWaiting();
  useEffect(() => {
    if (!isKnown) return;
    // Refused where the app is not installed; then there is no badge either.
    if ('setAppBadge' in navigator) navigator.setAppBadge(waiting).catch(() => undefined);
  }, [isKnown, waiting]);

  // Whether it worked is said on the page of notifications.
  useEffect(() => void keepSubscribed().catch(() => undefined), []);
}
