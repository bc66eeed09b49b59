import { describe, expect, it } from 'vitest';
import { type DiffLine, parsePatch } from '@/shared/diff/patch';
import type { LineSpan } from '@/shared/diff/selection';
import { belongsTo, locate, longest, quote } from './comment';

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
const last = lines.length - 1;
const asFile = (text: string): DiffLine[] =>
  text.split('\n').map((line, index) => ({ kind: 'same', before: index + 1, after: index + 1, text: line }));
const commentOn = (place: LineSpan) => ({
  id: '1',
  path: 'a',
  view: 'base',
  lines: quote(lines, place),
  text: 'why?',
});

describe('quote', () => {
  it('takes the lines of both sides', () => {
    expect(quote(lines, { first: 1, last: 2 }).map(({ kind, text }) => [kind, text])).toEqual([
      ['deleted', 'two'],
      ['added', 'zwei'],
    ]);
  });

  it('ends where the hunk ends', () => {
    expect(quote(lines, { first: 3, last }).map(({ text }) => text)).toEqual(['three', 'four']);
    expect(quote(lines, { first: 5, last })).toEqual([]);
  });
});

it('a comment keeps so much of its lines that they are found again, and no more', () => {
  const file = asFile(
    Array.from({ length: 5_000 }, (_, index) => `${index} ${'x'.repeat(5_000)}`).join('\n'),
  );
  const quoted = quote(file, { first: 100, last: 4_999 });
  expect(quoted.length).toBe(longest.lines);
  expect(JSON.stringify(quoted).length).toBeLessThan(longest.lines * (longest.characters + 100));
  const comment = { id: '1', path: 'a', view: 'file', lines: quoted, text: 'why?' };
  expect(locate(comment, file)).toEqual({ first: 100, last: 99 + longest.lines });
});

describe('locate', () => {
  const comment = commentOn({ first: 1, last: 3 });

  it('finds the lines where they were', () => {
    expect(locate(comment, lines)).toEqual({ first: 1, last: 3 });
  });

  it('follows lines that moved', () => {
    const moved = parsePatch(`@@ -1,2 +1,3 @@\n+zero\n one\n${patch.split('\n').slice(2).join('\n')}`);
    expect(locate(comment, moved)).toEqual({ first: 2, last: 4 });
  });

  it('takes the nearest of several', () => {
    expect(locate(commentOn({ first: 0, last: 0 }), lines)?.first).toBe(0);
    expect(locate(commentOn({ first: last, last }), lines)?.first).toBe(last);
  });

  it('does not take changed or deleted lines for the same', () => {
    expect(locate(comment, parsePatch(patch.replace('+zwei', '+due')))).toBeNull();
    expect(locate(comment, parsePatch(patch.replace('+zwei', '-zwei')))).toBeNull();
  });

  it('finds added lines that are committed since, and in the file itself', () => {
    const added = commentOn({ first: 2, last: 3 });
    expect(locate(added, parsePatch(patch.replace('+zwei', ' zwei')))).toEqual({ first: 2, last: 3 });
    expect(locate(added, asFile('one\nzwei\nthree'))).toEqual({ first: 1, last: 2 });
  });

  it('finds nothing by nothing', () => expect(locate({ ...comment, lines: [] }, lines)).toBeNull());
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
