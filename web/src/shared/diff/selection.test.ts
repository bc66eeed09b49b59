import { expect, it } from 'vitest';
import { parsePatch } from './patch';
import { spanBetween } from './selection';

const lines = parsePatch('@@ -5,2 +5,2 @@\n a\n-b\n+c\n@@ -20 +20 @@\n d\n');

it('goes from one line to the other in either direction', () => {
  expect(spanBetween(lines, 1, 3)).toEqual({ first: 1, last: 3 });
  expect(spanBetween(lines, 3, 1)).toEqual({ first: 1, last: 3 });
});

it('leaves out what is no line at its ends', () => {
  expect(lines[4]?.kind).toBe('hunk');
  expect(spanBetween(lines, 0, 4)).toEqual({ first: 1, last: 3 });
  expect(spanBetween(lines, 4, 4)).toBeNull();
});
