/** Which deleted line became which added one. Pure. */
import type { DiffLine } from './patch';

/**
 * For each line its other version, by index: within a block of deleted lines that is followed by added ones,
 * the first goes with the first, and so on.
 */
export function pairLines(lines: readonly DiffLine[]): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  let index = 0;
  while (index < lines.length) {
    const deleted = index;
    while (lines[index]?.kind === 'deleted') index += 1;
    // "No newline at end of file" may stand between the two.
    const gap = lines[index]?.kind === 'note' ? 1 : 0;
    const added = index + gap;
    const most = index - deleted;
    let count = 0;
    while (count < most && lines[added + count]?.kind === 'added') {
      pairs.set(deleted + count, added + count);
      pairs.set(added + count, deleted + count);
      count += 1;
    }
    index = Math.max(added + count, index + 1);
  }
  return pairs;
}
