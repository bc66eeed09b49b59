import { expect, test } from 'vitest';
import type { Progress } from './api/admin';
import { progressLines } from './progress';

const at = (more: Partial<Progress>): Progress => ({
  phase: 'connecting',
  objects: 0,
  total_objects: 0,
  bytes: 0,
  bytes_per_second: 0,
  percent: 0,
  ...more,
});

test('what is known is said, and no more', () => {
  expect(progressLines(at({}))).toEqual(['connecting']);
  const receiving = at({ phase: 'receiving', objects: 450, total_objects: 1000, percent: 45 });
  expect(progressLines(receiving)).toEqual(['receiving · 450 of 1,000 objects']);
  const moving = { ...receiving, bytes: 1_300_000, bytes_per_second: 2_100_000 };
  expect(progressLines(moving)).toEqual(['receiving · 450 of 1,000 objects', '1.3 MB · 2.1 MB/s']);
  expect(progressLines({ ...moving, bytes_per_second: 0 })[1]).toBe('1.3 MB · nothing comes right now');
  expect(progressLines(at({ phase: 'checkout', objects: 5, total_objects: 20, bytes: 9 }))).toEqual([
    'writing files · 5 of 20 files',
  ]);
});
