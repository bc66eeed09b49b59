import { afterEach, expect, it, vi } from 'vitest';
import { keep, useRefused } from './keeping';
import { rememberLatest } from './latest';

const kept = new Map<string, string>();
let isFull = false;
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem(key: string, value: string) {
    if (isFull) throw new DOMException('full', 'QuotaExceededError');
    kept.set(key, value);
  },
  removeItem: (key: string) => kept.delete(key),
});
afterEach(() => {
  isFull = false;
  keep('draft.a', null);
  keep('answers', null);
});

it('what finds no room is said until it is kept after all, or gone', () => {
  keep('draft.a', 'some');
  expect(useRefused.getState().keys).toEqual([]);
  isFull = true;
  keep('draft.a', 'some more');
  keep('draft.a', 'some more words');
  rememberLatest('answers', 5).remember('que_1', 'half');
  expect(useRefused.getState().keys).toEqual(['draft.a', 'answers']);
  // What was kept before stays.
  expect(kept.get('ocweb.draft.a')).toBe('some');
  keep('draft.a', null);
  expect(useRefused.getState().keys).toEqual(['answers']);
  isFull = false;
  rememberLatest('answers', 5).remember('que_1', 'half');
  expect(useRefused.getState().keys).toEqual([]);
});
