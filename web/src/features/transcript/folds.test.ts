import { beforeEach, expect, test, vi } from 'vitest';
import { changed, mostFolds, read, recallFold, rememberFold, write } from './folds';

beforeEach(() => {
  const items = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (name: string) => items.get(name) ?? null,
    setItem: (name: string, value: string) => items.set(name, value),
    removeItem: (name: string) => items.delete(name),
  });
});

test('what was folded is remembered until it is as by default again', () => {
  rememberFold('prt_1', false);
  rememberFold('prt_2', true);
  expect([recallFold('prt_1'), recallFold('prt_2'), recallFold('prt_3')]).toEqual([false, true, null]);
  rememberFold('prt_1', null);
  expect([recallFold('prt_1'), recallFold('prt_2')]).toEqual([null, true]);
});

test('the oldest is forgotten first', () => {
  let folds = read(null);
  for (let count = 0; count <= mostFolds; count += 1) folds = changed(folds, `prt_${count}`, false);
  expect(folds.size).toBe(mostFolds);
  expect(folds.has('prt_0')).toBe(false);
  expect(folds.get(`prt_${mostFolds}`)).toBe(false);
});

test('what is written is read again; what is not ours is left out', () => {
  const folds = new Map([
    ['prt_1', true],
    ['prt_2 a file.ts', false],
  ]);
  expect(read(write(folds))).toEqual(folds);
  expect(read('{"a":1}\n\n+')).toEqual(new Map());
});

test('without storage nothing is remembered, and nothing breaks', () => {
  vi.stubGlobal('localStorage', undefined);
  rememberFold('prt_1', false);
  expect(recallFold('prt_1')).toBeNull();
});
