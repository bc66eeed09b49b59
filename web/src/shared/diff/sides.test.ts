import { expect, it } from 'vitest';
import { parsePatch } from './patch';
import { sidesOf } from './sides';

it('tells both texts, and where each line of the diff is in them', () => {
  const { before, after, places } = sidesOf(parsePatch('@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n'));
  expect([before, after]).toEqual(['a\nb\nc', 'a\nB\nc']);
  expect(places).toEqual([
    { side: 'after', line: 0 },
    { side: 'before', line: 1 },
    { side: 'after', line: 1 },
    { side: 'after', line: 2 },
  ]);
});

it('has no old text where nothing of it is shown', () => {
  expect(sidesOf(parsePatch('@@ -1 +1,2 @@\n a\n+b\n')).before).toBe('');
});
