/**
 * The service worker: shows what is pushed and acts on taps, and starts the page without a network. Its scope is the
 * whole origin, as that is where the page's addresses are; what is not the page's it does not touch.
 */
import { openMessage } from '@/shared/push/openMessage';
import { isPrepareMessage, preparedMessage } from '@/shared/serviceWorkerMessages';
import { act } from './act';
import { answerFile, answerStart, type Build, forgetOld, kindOf, prepare } from './offline';
import { notificationOf, outcomeOf, readMemory, readPayload } from './payload';
import { subscribeAgain } from './subscribeAgain';
import { chooseWindow } from './window';

declare const self: ServiceWorkerGlobalScope;
/** This build of the page: put here by the build. */
declare const __BUILD__: Build;

const build = __BUILD__;
const around = { caches: self.caches, fetch: self.fetch.bind(self), indexedDB: self.indexedDB };

self.addEventListener('install', (event) => {
  // A new worker has nothing to wait for: the files of the build before it stay, for pages that are still open.
  void self.skipWaiting();
  // What fails here is done when a page asks for it; notifications do not wait for it.
  event.waitUntil(prepare(build, around).catch(() => undefined));
});

self.addEventListener('activate', (event) => event.waitUntil(forgetOld(build, around)));

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const kind = kindOf(request, self.location.origin);
  if (kind === 'start') event.respondWith(answerStart(request, build, around));
  if (kind === 'file') event.respondWith(answerFile(request, build, around));
});

self.addEventListener('message', (event) => {
  if (!isPrepareMessage(event.data)) return;
  const { source } = event;
  event.waitUntil(
    prepare(build, around).then(
      () => source?.postMessage(preparedMessage()),
      // The page asks again at its next start.
      () => undefined,
    ),
  );
});

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
