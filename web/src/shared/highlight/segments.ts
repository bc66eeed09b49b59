/** A line cut into segments that look alike throughout: colours of syntax, and marks of what changed. Pure. */
import { type ColouredLine, type Kind, textOf } from './runs';

export interface Segment {
  text: string;
  kind: Kind | null;
  isMarked: boolean;
}

/** Where a piece of a line begins and ends, in UTF-16 units. */
export type Range = readonly [from: number, to: number];

/** A line with its colours, as far as they are of this line; what was added to it since is plain. */
export function coloured(text: string, runs: ColouredLine | undefined): ColouredLine {
  const known = runs ? textOf(runs) : '';
  if (!runs || known === '' || !text.startsWith(known)) return text === '' ? [] : [{ text, kind: null }];
  return known === text ? runs : [...runs, { text: text.slice(known.length), kind: null }];
}

export function segments(
  text: string,
  runs: ColouredLine | undefined,
  marks: readonly Range[] = [],
): Segment[] {
  const cut: Segment[] = [];
  let offset = 0;
  for (const run of coloured(text, runs)) {
    const end = offset + run.text.length;
    let at = offset;
    const add = (to: number, isMarked: boolean) => {
      if (to > at) cut.push({ text: text.slice(at, to), kind: run.kind, isMarked });
      at = Math.max(at, to);
    };
    for (const [from, to] of marks) {
      if (to <= offset || from >= end) continue;
      add(from, false);
      add(Math.min(to, end), true);
    }
    add(end, false);
    offset = end;
  }
  return cut;
}
