import { expect, it } from 'vitest';
import { createRing, diagnostics, noteError, noteRequest, withoutQuery } from './diagnostics';

it('keeps the last notes, the oldest first', () => {
  let time = 0;
  const ring = createRing(3, () => ++time);
  expect(ring.all()).toEqual([]);
  for (const text of ['a', 'b', 'c', 'd', 'e']) ring.add(text);
  expect(ring.all()).toEqual([
    { at: 3, text: 'c' },
    { at: 4, text: 'd' },
    { at: 5, text: 'e' },
  ]);
});

it('tells the names in a query and none of its values', () => {
  expect(withoutQuery('/find?query=my secret&limit=5')).toBe('/find?query&limit');
  noteRequest('GET', '/admin/disk?token=abc', 200, 12.4);
  expect(diagnostics.requests.all().at(-1)?.text).toBe('GET /admin/disk?token 200 12 ms');
  noteError('window', new Error('cannot load https://x/a?key=abc&b=c now'));
  const noted = diagnostics.errors.all().at(-1)?.text;
  expect(noted).toContain('window: Error: cannot load https://x/a?key=…&b=… now');
  expect(noted).not.toContain('abc');
});
