/** This browser's own subscription: what there is, and how it begins and ends. */
import { notifier } from '@/shared/api/notifier';
import { describeSubscription, isFor, subscribeWith } from '@/shared/push/subscription';
import { currentWorker, retireOldWorker, startWorker } from '@/shared/serviceWorker';
import { recall, remember } from '@/shared/storage';
import { type DeviceFacts, isAppleMobile } from './deviceState';

/** Under which id the server knows this browser. */
const idKey = 'push-device';

export function ownId(): string | null {
  return recall(idKey);
}

function isInstalled(): boolean {
  return (
    matchMedia('(display-mode: standalone)').matches ||
    // Safari's own way to say it.
    ('standalone' in navigator && navigator.standalone === true)
  );
}

async function currentSubscription(): Promise<PushSubscription | null> {
  const registration = await currentWorker();
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** How this device is; subscribed only when it is with the server's key, and the server knows it. */
export async function readFacts(publicKey: string, known: readonly string[]): Promise<DeviceFacts> {
  const hasPush = 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window;
  const id = ownId();
  const subscription = hasPush && id !== null && known.includes(id) ? await currentSubscription() : null;
  return {
    isSecure: isSecureContext,
    hasPush,
    isApple: isAppleMobile(navigator.userAgent, navigator.maxTouchPoints),
    isInstalled: isInstalled(),
    permission: 'Notification' in window ? Notification.permission : null,
    isSubscribed: subscription !== null && isFor(subscription, publicKey),
  };
}

/** Asks for the permission, subscribes, and tells the server. From a tap only: browsers ignore the question else. */
export async function turnOn(publicKey: string): Promise<void> {
  const permission = await Notification.requestPermission();
  if (permission !== 'granted') throw new Error('The browser was not given the permission.');
  await subscribe(publicKey);
}

/** Subscribes where the browser has no subscription with the server's key, and tells the server in any case. */
async function subscribe(publicKey: string): Promise<void> {
  const registration = await startWorker();
  const before = ownId();
  const subscription = await subscribeWith(registration.pushManager, publicKey);
  const { id } = await notifier.subscribe(describeSubscription(subscription, navigator.userAgent));
  remember(idKey, id);
  // The old worker's subscription ends with it, and the server need not find that out by itself.
  const wasOld = await retireOldWorker();
  if (wasOld && before !== null && before !== id) await notifier.unsubscribe(before).catch(() => undefined);
}

/** Ends this browser's subscription; the server is told first, so that a failure leaves things as they are. */
export async function turnOff(): Promise<void> {
  const id = ownId();
  if (id !== null) await notifier.unsubscribe(id);
  await forget();
}

/** Ends it here only: the server has forgotten this device already. */
export async function forget(): Promise<void> {
  remember(idKey, null);
  await (await currentSubscription())?.unsubscribe();
}

/**
 * Makes sure that this device, where it was turned on, can still be told: the browser may have dropped the
 * subscription without a word, the server may have forgotten it, or have another key.
 */
export async function keepSubscribed(): Promise<void> {
  if (ownId() === null || !('Notification' in globalThis) || Notification.permission !== 'granted') return;
  await subscribe((await notifier.settings()).web_push.public_key);
}
