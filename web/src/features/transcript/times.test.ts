import { expect, test } from 'vitest';
import { dayMark } from './times';

const at = (text: string) => new Date(text).getTime();
const now = at('2026-11-21T10:00:00');

test('a day is marked once, where it begins', () => {
  expect(dayMark(at('2026-11-21T00:00:01'), at('2026-11-20T23:59:59'), now)).toBe('Today');
  expect(dayMark(at('2026-11-21T09:00:00'), at('2026-11-21T00:00:01'), now)).toBeNull();
});

test('the first message here is marked, days are named, and another year is said', () => {
  expect(dayMark(at('2026-11-20T12:00:00'), null, now)).toBe('Yesterday');
  expect(dayMark(at('2026-11-03T12:00:00'), null, now)).toMatch(/Tuesday/);
  expect(dayMark(at('2026-11-03T12:00:00'), null, now)).not.toMatch(/2026/);
  expect(dayMark(at('2025-11-03T12:00:00'), null, now)).toMatch(/2025/);
});
