/** Which lines of a diff somebody means: for comments on them. Pure. */
import type { DiffLine } from './patch';

/** Names a line of a file: deleted lines by their number before the change, all others by that after it. */
export interface LineIdentity {
  path: string;
  side: 'before' | 'after';
  line: number;
}

/** Lines that follow each other in a diff, both ends included, in the order of the diff. */
export interface LineRange {
  first: LineIdentity;
  last: LineIdentity;
}

/** Lines that follow each other in a diff, by index, both ends included. */
export interface LineSpan {
  first: number;
  last: number;
}

/** The identity of a line; null for what is no line of the file. */
export function identify(path: string, { kind, before, after }: DiffLine): LineIdentity | null {
  if (kind === 'deleted' && before !== undefined) return { path, side: 'before', line: before };
  return after === undefined ? null : { path, side: 'after', line: after };
}

/** From one line of a diff to another, by index and in any order; what is no line at the ends is left out. */
export function rangeBetween(
  path: string,
  lines: readonly DiffLine[],
  from: number,
  to: number,
): LineRange | null {
  const within = lines
    .slice(Math.min(from, to), Math.max(from, to) + 1)
    .map((line) => identify(path, line))
    .filter((identity) => identity !== null);
  const first = within[0];
  const last = within.at(-1);
  return first && last ? { first, last } : null;
}

/** Where a range is among the lines of a diff; null when it is not of this diff. */
export function indicesOf(
  path: string,
  lines: readonly DiffLine[],
  range: LineRange | null,
): LineSpan | null {
  if (range === null || range.first.path !== path) return null;
  const find = (wanted: LineIdentity) =>
    lines.findIndex((line) => {
      const identity = identify(path, line);
      return identity?.side === wanted.side && identity.line === wanted.line;
    });
  const first = find(range.first);
  const last = find(range.last);
  return first === -1 || last === -1 ? null : { first, last };
}
