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
/** The relay is told one thing at a time: of two that are under way the older could arrive last. */
let last: Promise<unknown> = Promise.resolve();
/** Whether the last that was said is that nobody looks. */
let hasLeft = false;
let telling = new AbortController();
/** From which event on the stream carries what is shown; null when the relay could not be told. */
let carried: Promise<Position | null> = Promise.resolve(null);

/** The chat to be carried: none while nobody looks. */
export function viewedChat(): string | null {
  return document.hidden ? null : shown;
}

/** Another chat (or none) is shown from now on. */
export function setShownChat(chat: string | null): void {
  shown = chat;
}

/** Tells the relay; false when it could not be told. */
export async function announceViewing(): Promise<boolean> {
  carried = tell();
  return (await carried) !== null;
}

function tell(): Promise<Position | null> {
  hasLeft = false;
  return saying(last.then(() => relay.view(client, viewedChat(), telling.signal)));
}

/**
 * Nobody looks any more, and the page may stand still or end with the next instant: this waits for nothing that is
 * under way, which may hang, and ends it, so that it does not arrive after this.
 */
export function leave(): void {
  if (hasLeft) return;
  hasLeft = true;
  abandonViewing();
  carried = saying(relay.view(client, null, telling.signal));
}

function saying(answer: Promise<{ number: string }>): Promise<Position | null> {
  const told = answer.then(
    ({ number }) => readPosition(number),
    () => null,
  );
  last = told;
  return told;
}

/** Ends what is under way: the connection that it waits on is dead. */
export function abandonViewing(): void {
  telling.abort();
  telling = new AbortController();
}

export function carriedFrom(): Promise<Position | null> {
  return carried;
}

/** Says at once that somebody looks, where something has ended that they see. */
export function confirmViewing(): void {
  void tell();
}

/** Says it again and again while somebody looks; returns what ends that. */
export function keepViewing(isLive: () => boolean): () => void {
  const timer = setInterval(() => {
    // What is carried is carried since before: that stays as it is.
    if (isLive() && viewedChat() !== null) confirmViewing();
  }, renewal);
  return () => clearInterval(timer);
}
