import { describe, expect, it } from 'vitest';
import { changedWords } from './words';

/** The line with what changed in brackets. */
function marked(line: string, ranges: readonly (readonly [number, number])[]): string {
  let result = '';
  let at = 0;
  for (const [from, to] of ranges) {
    result += `${line.slice(at, from)}[${line.slice(from, to)}]`;
    at = to;
  }
  return result + line.slice(at);
}

function compare(before: string, after: string): [string, string] {
  const marks = changedWords(before, after);
  return [marked(before, marks.before), marked(after, marks.after)];
}

describe('changedWords', () => {
  it.each([
    ['const a = 1;', 'const b = 1;', 'const [a] = 1;', 'const [b] = 1;'],
    ['return one(two);', 'return one(two, three);', 'return one(two);', 'return one(two[, three]);'],
    ['the old brown fox', 'the quick red fox', 'the [old brown] fox', 'the [quick red] fox'],
    ['\tif (x) {', '  if (x) {', '[\t]if (x) {', '[  ]if (x) {'],
    ['größe = "ä"', 'größe = "ö"', 'größe = "[ä]"', 'größe = "[ö]"'],
  ])('%s → %s', (before, after, markedBefore, markedAfter) => {
    expect(compare(before, after)).toEqual([markedBefore, markedAfter]);
  });

  it('marks nothing in lines that have little in common', () => {
    expect(compare('import { a } from "b";', 'export default class Thing {}')).toEqual([
      'import { a } from "b";',
      'export default class Thing {}',
    ]);
  });

  it('marks nothing where nothing changed, or nothing was', () => {
    expect(changedWords('same', 'same')).toEqual({ before: [], after: [] });
    expect(changedWords('', 'new')).toEqual({ before: [], after: [] });
  });

  it('leaves very long lines alone', () => {
    const long = 'a b '.repeat(5_000);
    const begun = performance.now();
    expect(changedWords(long, `${long}c`)).toEqual({ before: [], after: [] });
    expect(performance.now() - begun).toBeLessThan(200);
  });
});
