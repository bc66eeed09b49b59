/** Which lines of a diff somebody means: for comments on them. Pure. */
import type { DiffLine } from './patch';

/** Lines that follow each other in a diff, by index, both ends included. */
export interface LineSpan {
  first: number;
  last: number;
}

/** Whether it is a line of the file, and not what stands between pieces of it. */
export function isLine({ kind }: DiffLine): boolean {
  return kind !== 'hunk' && kind !== 'note';
}

/** From one line to another, in any order; what is no line of the file at its ends is left out. */
export function spanBetween(lines: readonly DiffLine[], from: number, to: number): LineSpan | null {
  let first = Math.min(from, to);
  let last = Math.max(from, to);
  const isGap = (index: number) => {
    const line = lines[index];
    return line === undefined || !isLine(line);
  };
  while (first <= last && isGap(first)) first += 1;
  while (last >= first && isGap(last)) last -= 1;
  return first <= last ? { first, last } : null;
}
