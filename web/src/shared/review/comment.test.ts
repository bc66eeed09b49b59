import { describe, expect, it } from 'vitest';
import { type DiffLine, parsePatch } from '@/shared/diff/patch';
import { belongsTo, locate, quote, rangeBetween } from './comment';

const patch = `@@ -1,4 +1,4 @@
 one
-two
+zwei
 three
 four
@@ -20,2 +20,3 @@
 twenty
+more
 one
`;
const lines = parsePatch(patch);
const at = (text: string) => lines.findIndex((line) => line.text === text);
const asFile = (text: string): DiffLine[] =>
  text.split('\n').map((line, index) => ({ kind: 'same', before: index + 1, after: index + 1, text: line }));

describe('rangeBetween', () => {
  it('goes both ways', () => {
    expect(rangeBetween(lines, at('two'), at('three'))).toEqual({ from: 1, to: 3 });
    expect(rangeBetween(lines, at('three'), at('two'))).toEqual({ from: 1, to: 3 });
  });

  it('ends where the hunk ends', () => {
    expect(rangeBetween(lines, at('three'), at('more'))).toEqual({ from: 3, to: 4 });
    expect(rangeBetween(lines, at('more'), 0)).toEqual({ from: at('twenty'), to: at('more') });
  });

  it('never begins where there is nothing to quote', () => {
    expect(rangeBetween(lines, 5, 6)).toBeNull();
    expect(rangeBetween(lines, 99, 99)).toBeNull();
  });
});

describe('locate', () => {
  const quoted = quote(lines, { from: 1, to: 3 });

  it('finds the lines where they were', () => {
    expect(locate(quoted, lines, false)).toEqual({ from: 1, to: 3 });
  });

  it('follows lines that moved', () => {
    const moved = parsePatch(`@@ -1,2 +1,3 @@\n+zero\n one\n${patch.split('\n').slice(2).join('\n')}`);
    expect(locate(quoted, moved, false)).toEqual({ from: 2, to: 4 });
  });

  it('takes the nearest of several', () => {
    expect(locate(quote(lines, { from: 0, to: 0 }), lines, false)?.from).toBe(0);
    const last = lines.length - 1;
    expect(locate(quote(lines, { from: last, to: last }), lines, false)?.from).toBe(last);
  });

  it('does not take a changed line for the same', () => {
    const changed = parsePatch(patch.replace('+zwei', '+due'));
    expect(locate(quoted, changed, false)).toBeNull();
    expect(locate(quoted, parsePatch(patch.replace('+zwei', ' zwei')), false)).toBeNull();
  });

  it('finds what stands in the file itself, without signs', () => {
    const added = quote(lines, { from: 2, to: 3 });
    expect(locate(added, asFile('one\nzwei\nthree'), true)).toEqual({ from: 1, to: 2 });
  });

  it('finds nothing by nothing', () => expect(locate([], lines, false)).toBeNull());
});

describe('belongsTo', () => {
  it('shows comments of the working copy in each of its views, and a commit’s only there', () => {
    expect(belongsTo('base', 'head')).toBe(true);
    expect(belongsTo('file', 'base')).toBe(true);
    expect(belongsTo('1a2b', '1a2b')).toBe(true);
    expect(belongsTo('1a2b', 'base')).toBe(false);
    expect(belongsTo('base', '1a2b')).toBe(false);
  });
});
