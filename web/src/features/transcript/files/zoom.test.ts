import { expect, it } from 'vitest';
import { distance, middle, zoomed } from './zoom';

const whole = { scale: 1, left: 0, top: 0 };

it('keeps what is between the fingers where it is', () => {
  const view = zoomed(whole, 2, { x: 100, y: 50 });
  expect(view).toEqual({ scale: 2, left: 100, top: 50 });
  // The point of the picture below (100, 50) is the same again.
  expect(zoomed(view, 4, { x: 100, y: 50 })).toEqual({ scale: 4, left: 300, top: 150 });
  expect(zoomed(view, 1, { x: 100, y: 50 })).toEqual(whole);
});

it('is never smaller than the box nor larger than makes sense', () => {
  expect(zoomed(whole, 0.2, { x: 10, y: 10 })).toEqual(whole);
  expect(zoomed(whole, 100, { x: 0, y: 0 }).scale).toBe(8);
});

it('measures fingers', () => {
  expect(distance({ x: 0, y: 0 }, { x: 3, y: 4 })).toBe(5);
  expect(middle({ x: 0, y: 0 }, { x: 4, y: 8 })).toEqual({ x: 2, y: 4 });
});
