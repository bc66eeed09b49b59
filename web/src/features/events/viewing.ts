/**
 * Tells the relay which chat this page shows: the stream carries that chat's messages alone, nobody is notified of
 * what they look at, and what is looked at is read.
 */
import { relay } from '@/shared/api/relay';
import { newClientId } from '@/shared/identifier';
import { type Position, readPosition } from './event';

/** How often it is said again, in milliseconds: the relay forgets it after 40 s. */
const renewal = 15_000;

export const client = newClientId();

let shown: string | null = null;
/** From which event on the stream carries what is shown; null when the relay could not be told. */
let carried: Promise<Position | null> = Promise.resolve(null);

/** The chat to be carried: none while nobody looks. */
export function viewedChat(): string | null {
  return document.hidden ? null : shown;
}

/** Another chat (or none) is shown from now on. Answers whether that is a change. */
export function setShownChat(chat: string | null): boolean {
  if (shown === chat) return false;
  shown = chat;
  return true;
}

/** Tells the relay; false when it could not be told. */
export async function announceViewing(): Promise<boolean> {
  carried = relay.view(client, viewedChat()).then(
    ({ number }) => readPosition(number),
    () => null,
  );
  return (await carried) !== null;
}

export function carriedFrom(): Promise<Position | null> {
  return carried;
}

/** Says it again and again while somebody looks; returns what ends that. */
export function keepViewing(isLive: () => boolean): () => void {
  const timer = setInterval(() => {
    if (isLive() && viewedChat() !== null) relay.view(client, viewedChat()).catch(() => undefined);
  }, renewal);
  return () => clearInterval(timer);
}
