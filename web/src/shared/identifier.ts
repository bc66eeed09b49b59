/** Message ids as opencode makes them: they sort by time, and it relies on that. */

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * A new message id that sorts after `last`, also where this device's clock is behind the server's:
 * `msg_`, 12 hex digits of the time, 14 random letters and digits.
 */
export function newMessageId(now: number, last: string | undefined): string {
  let time = (BigInt(now) * 4096n) & 0xffff_ffff_ffffn;
  const digits = /^msg_([0-9a-f]{12})/.exec(last ?? '')?.[1];
  if (digits !== undefined) {
    const previous = BigInt(`0x${digits}`);
    if (time <= previous) time = previous + 1n;
  }
  const random = crypto.getRandomValues(new Uint8Array(14));
  const tail = Array.from(random, (byte) => alphabet[byte % alphabet.length]).join('');
  return `msg_${time.toString(16).padStart(12, '0')}${tail}`;
}
