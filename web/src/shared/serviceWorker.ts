/** The page's service worker, as the page sees it. Without a secure origin (plain HTTP at home) there is none. */
import { isPreparedMessage, pageCachePrefix, prepareMessage } from './serviceWorkerMessages';

const script = '/ocweb/sw.js';
const scope = '/';
/** Where it was when it knew notifications only. */
const oldScope = '/ocweb/';

function container(): ServiceWorkerContainer | undefined {
  return navigator.serviceWorker as ServiceWorkerContainer | undefined;
}

export async function currentWorker(): Promise<ServiceWorkerRegistration | undefined> {
  return container()?.getRegistration(scope);
}

/** A worker that runs: a subscription needs one. Rejects where the browser has none, or refuses it. */
export async function startWorker(): Promise<ServiceWorkerRegistration> {
  const registration = await navigator.serviceWorker.register(script, { scope });
  const starting = registration.installing ?? registration.waiting;
  if (registration.active || !starting) return registration;
  return new Promise((done, failed) => {
    starting.addEventListener('statechange', () => {
      if (starting.state === 'activated') done(registration);
      if (starting.state === 'redundant') failed(new Error('The browser refused the service worker.'));
    });
  });
}

/** Ends the worker of earlier versions, with its subscription; answers whether there was one. */
export async function retireOldWorker(): Promise<boolean> {
  const old = await container()?.getRegistration(oldScope);
  // The worker of the whole origin is the answer where there is no other.
  if (old?.scope !== new URL(oldScope, location.origin).href) return false;
  return old.unregister();
}

/** Has the newest worker fetch what of the page is not here yet; resolves when all of it is. */
export async function preparePage(): Promise<void> {
  const workers = container();
  if (!workers) return;
  const registration = await startWorker();
  await registration.update().catch(() => undefined);
  const newest = registration.installing ?? registration.waiting ?? registration.active;
  await new Promise<void>((done) => {
    const onMessage = ({ data }: MessageEvent<unknown>) => {
      if (!isPreparedMessage(data)) return;
      workers.removeEventListener('message', onMessage);
      done();
    };
    workers.addEventListener('message', onMessage);
    newest?.postMessage(prepareMessage());
  });
}

/** Forgets the page's files: who is logged out starts at the login, also without a network. */
export async function forgetPage(): Promise<void> {
  if (!('caches' in globalThis)) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(pageCachePrefix)) await caches.delete(name);
  }
}
