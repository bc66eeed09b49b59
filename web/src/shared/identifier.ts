/** Ids as opencode makes them: those of messages sort by time, those of sessions against it. */

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const lowBits = 0xffff_ffff_ffffn;

/**
 * A new message id that sorts after `last`, also where this device's clock is behind the server's:
 * `msg_`, 12 hex digits of the time, 14 random letters and digits.
 */
export function newMessageId(now: number, last: string | undefined): string {
  let time = (BigInt(now) * 4096n) & lowBits;
  const digits = /^msg_([0-9a-f]{12})/.exec(last ?? '')?.[1];
  if (digits !== undefined) {
    const previous = BigInt(`0x${digits}`);
    if (time <= previous) time = previous + 1n;
  }
  return withTail('msg_', time);
}

/** A new session id: `ses_`, 12 hex digits of the time turned over, 14 random letters and digits. */
export function newSessionId(now: number): string {
  return withTail('ses_', ~(BigInt(now) * 4096n) & lowBits);
}

/** Names this page among all that are open, on any device. */
export function newClientId(): string {
  return randomText(16);
}

function withTail(prefix: string, time: bigint): string {
  return `${prefix}${time.toString(16).padStart(12, '0')}${randomText(14)}`;
}

function randomText(length: number): string {
  const random = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(random, (byte) => alphabet[byte % alphabet.length]).join('');
}
