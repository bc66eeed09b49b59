import { expect, it } from 'vitest';
import { isAccidental, settleTime } from './useTapGuard';

it('tells by the time of its event whether a tap was meant, however late it is heard', () => {
  expect(isAccidental(999, 1000)).toBe(true);
  expect(isAccidental(1000 + settleTime - 1, 1000)).toBe(true);
  expect(isAccidental(1000 + settleTime, 1000)).toBe(false);
});
