/** Makes this browser forget all that the page has kept in it, as if it had never been here. */
import { databasePrefix } from './database';
import { lastSeenDatabase } from './serviceWorkerMessages';
import { forgetStorage } from './storage';

/** Those that there may be where the browser cannot list them. */
const databases = ['ocweb', 'ocweb.drafts', lastSeenDatabase];

export async function forgetEverything(): Promise<void> {
  forgetStorage();
  const known = (await indexedDB.databases?.().catch(() => null)) ?? databases.map((name) => ({ name }));
  await Promise.all(known.map(({ name = '' }) => name.startsWith(databasePrefix) && drop(name)));
  if ('clearAppBadge' in navigator) await navigator.clearAppBadge().catch(() => undefined);
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  for (const registration of registrations)
    for (const notification of await registration.getNotifications()) notification.close();
}

function drop(name: string): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(name);
    // Another tab holds it for a moment; it is dropped right after.
    request.onblocked = request.onsuccess = request.onerror = () => resolve();
  });
}
