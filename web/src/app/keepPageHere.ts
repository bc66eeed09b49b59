/** Has the service worker fetch the whole page once it is of use, so that every part of it is there without a network. */
import { useEvents } from '@/features/events/store';
import { whenLoggedOut } from '@/shared/http';
import { forgetPage, preparePage } from '@/shared/serviceWorker';

/** After the stream is there: what the reader waits for goes first, in milliseconds. */
const pause = 3_000;

/** Not in Safari. */
const idly: (act: () => void) => void =
  'requestIdleCallback' in globalThis
    ? (act) => void requestIdleCallback(act, { timeout: pause })
    : (act) => act();

/** Does it once in a visit; returns what calls it off. */
export function keepPageHere(): () => void {
  if (!('serviceWorker' in navigator)) return () => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isDue = true;
  const begin = () => {
    if (!isDue || useEvents.getState().connection.phase !== 'live') return;
    isDue = false;
    // Refused by the browser (a private window, a full disk): the page is as it is without.
    timer = setTimeout(() => idly(() => void preparePage().catch(() => undefined)), pause);
  };
  const stopListening = useEvents.subscribe(begin);
  const stopWaiting = whenLoggedOut(forgetPage);
  return () => {
    isDue = false;
    clearTimeout(timer);
    stopListening();
    stopWaiting();
  };
}
