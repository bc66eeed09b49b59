/** Subscribing a browser to Web Push: the page does it when asked to, the service worker when the old one ended. */
import { deviceName } from '@/shared/device';
import { bytesOf, textOf } from './encoding';

/** What the server needs to reach a device. */
export interface NewSubscription {
  endpoint: string;
  keys: { p256dh: string; auth: string };
  device: string;
}

/** The subscription as the server takes it; throws when the browser left something out. */
export function describeSubscription(
  subscription: Pick<PushSubscription, 'toJSON'>,
  agent: string,
): NewSubscription {
  const { endpoint, keys } = subscription.toJSON();
  const { p256dh, auth } = keys ?? {};
  if (endpoint === undefined || p256dh === undefined || auth === undefined) {
    throw new Error('The browser did not say how it can be reached.');
  }
  return { endpoint, keys: { p256dh, auth }, device: deviceName(agent) };
}

/** The browser's subscription with the server's public key: the one that there is, or a new one. */
export async function subscribeWith(manager: PushManager, publicKey: string): Promise<PushSubscription> {
  const old = await manager.getSubscription();
  if (old && isFor(old, publicKey)) return old;
  await old?.unsubscribe();
  return manager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(publicKey) });
}

export function isFor(subscription: PushSubscription, publicKey: string): boolean {
  const key = subscription.options.applicationServerKey;
  return key === null || textOf(key) === publicKey;
}
