/**
 * The service worker: shows what is pushed, and acts on taps. It has no `fetch` handler and its scope holds no page,
 * so no request ever waits for it.
 */
import { openMessage } from '@/shared/push/openMessage';
import { act } from './act';
import { notificationOf, outcomeOf, readMemory, readPayload } from './payload';
import { subscribeAgain } from './subscribeAgain';
import { chooseWindow } from './window';

declare const self: ServiceWorkerGlobalScope;

// A new worker has nothing to wait for: it shares no state with pages.
self.addEventListener('install', () => void self.skipWaiting());

self.addEventListener('push', (event) => {
  const payload = readPayload(event.data?.text() ?? '', self.location.origin);
  event.waitUntil(
    Promise.all([
      self.registration.showNotification(payload.title, notificationOf(payload)),
      payload.badge !== null && showBadge(payload.badge),
    ]),
  );
});

self.addEventListener('notificationclick', (event) => {
  const { notification, action } = event;
  const memory = readMemory(notification.data, notification.title);
  const capability = memory.capabilities[action];
  notification.close();
  if (capability === undefined) {
    event.waitUntil(open(memory.path));
    return;
  }
  event.waitUntil(
    act(capability).then((outcome) =>
      self.registration.showNotification(memory.title, outcomeOf(notification.tag, memory, outcome)),
    ),
  );
});

self.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(subscribeAgain(self.registration.pushManager, self.navigator.userAgent));
});

async function showBadge(count: number): Promise<void> {
  // Not in every browser, and refused where the app is not installed: the notification itself is shown anyway.
  await self.navigator.setAppBadge?.(count).catch(() => undefined);
}

async function open(path: string): Promise<void> {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const chosen = chooseWindow(windows, path);
  const focused = await chosen?.focus().catch(() => null);
  if (focused) focused.postMessage(openMessage(path));
  else await self.clients.openWindow(path);
}
