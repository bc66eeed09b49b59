import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClock } from './clock';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());

it('goes on while the device sleeps, and never back', () => {
  const clock = createClock();
  const begun = clock();
  const passed = () => clock() - begun;
  vi.advanceTimersByTime(5_000);
  expect(passed()).toBe(5_000);
  vi.setSystemTime(Date.now() + 60_000);
  expect(passed()).toBe(65_000);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(passed()).toBe(65_000);
  vi.advanceTimersByTime(1_000);
  expect(passed()).toBe(66_000);
  vi.setSystemTime(Date.now() + 10_000);
  expect(passed()).toBe(76_000);
});
