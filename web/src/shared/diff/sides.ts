/** A diff as the two texts that it compares, and where each of its lines is in them: so that both can be coloured. Pure. */
import type { DiffLine } from './patch';

export interface Sides {
  before: string;
  after: string;
  /** Of each line of the diff: in which text it is shown, and as which line of it; null for what is no line. */
  places: readonly ({ side: 'before' | 'after'; line: number } | null)[];
}

export function sidesOf(lines: readonly DiffLine[]): Sides {
  const before: string[] = [];
  const after: string[] = [];
  let hasDeleted = false;
  const places = lines.map(({ kind, text }) => {
    switch (kind) {
      case 'deleted':
        hasDeleted = true;
        return { side: 'before' as const, line: before.push(text) - 1 };
      case 'added':
        return { side: 'after' as const, line: after.push(text) - 1 };
      case 'same':
        before.push(text);
        return { side: 'after' as const, line: after.push(text) - 1 };
      default:
        return null;
    }
  });
  // Nothing of the old text is shown when nothing was deleted.
  return { before: hasDeleted ? before.join('\n') : '', after: after.join('\n'), places };
}
