import { beforeEach, expect, it, vi } from 'vitest';
import { rememberLatest } from './latest';

const kept = new Map<string, string>();
beforeEach(() => {
  kept.clear();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
    removeItem: (key: string) => kept.delete(key),
  });
});

it('remembers by name, and of the latest names only', () => {
  const latest = rememberLatest('things', 2);
  latest.remember('a', 1);
  latest.remember('b', { some: 'thing' });
  latest.remember('a', 2);
  latest.remember('c', 3);
  expect([latest.recall('a'), latest.recall('b'), latest.recall('c')]).toEqual([2, null, 3]);
  latest.remember('a', null);
  latest.remember('c', null);
  expect(kept.size).toBe(0);
});

it('finds what another tab wrote, and nothing in what is damaged', () => {
  rememberLatest('things', 2).remember('a', 1);
  expect(rememberLatest('things', 2).recall('a')).toBe(1);
  for (const text of ['{"a":1}', '[1,null,["b"]]', 'nonsense']) {
    kept.set('ocweb.things', text);
    expect(rememberLatest('things', 2).recall('a')).toBeNull();
  }
});
