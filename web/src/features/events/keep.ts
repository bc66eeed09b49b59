/** Which conversations stay in memory, to be there at once when they are shown again. Pure. */
import type { Entry, Transcript } from './state';

export interface Limits {
  conversations: number;
  /** Of all together, in characters. */
  size: number;
}

/** How much a message takes; a message that did not change is measured once. */
const sizes = new WeakMap<Entry, number>();

/** Roughly how many characters a value takes. */
function measure(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 16;
  for (const each of Object.values(value)) size += 16 + measure(each);
  return size;
}

export function entrySize(entry: Entry): number {
  const known = sizes.get(entry);
  if (known !== undefined) return known;
  const size = measure(entry);
  sizes.set(entry, size);
  return size;
}

/** Roughly how many characters a conversation takes. */
export function sizeOf(transcript: Transcript): number {
  return Object.values(transcript.entries).reduce((sum, entry) => sum + entrySize(entry), 0);
}

/**
 * Those to be forgotten, of conversations in the order in which they were shown, the latest first: all from the first
 * that is one too many.
 */
export function surplus(
  shown: readonly { session: string; size: number }[],
  limits: Limits,
): readonly string[] {
  let left = limits.size;
  const first = shown.findIndex(({ size }, index) => {
    left -= size;
    return index >= limits.conversations || left < 0;
  });
  return first === -1 ? [] : shown.slice(first).map(({ session }) => session);
}
