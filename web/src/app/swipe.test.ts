import { expect, it } from 'vitest';
import { endsOpen, mayBegin, movement, placeOf } from './swipe';

it("leaves the system's own gesture at both edges alone", () => {
  expect([0, 23, 24, 200, 366, 367].map((x) => mayBegin(x, 390))).toEqual([
    false,
    false,
    true,
    true,
    true,
    false,
  ]);
});

it('tells sideways from scrolling, and from a finger that has not moved yet', () => {
  const from = { x: 100, y: 100 };
  expect(movement(from, { x: 106, y: 103 })).toBe('none');
  expect(movement(from, { x: 130, y: 110 })).toBe('right');
  expect(movement(from, { x: 70, y: 90 })).toBe('left');
  expect(movement(from, { x: 115, y: 114 })).toBe('other');
  expect(movement(from, { x: 102, y: 60 })).toBe('other');
});

it('has the drawer follow the finger between its two places', () => {
  expect(placeOf(false, 100, 300)).toBe(-200);
  expect(placeOf(false, 400, 300)).toBe(0);
  expect(placeOf(false, -20, 300)).toBe(-300);
  expect(placeOf(true, -100, 300)).toBe(-100);
  expect(placeOf(true, 50, 300)).toBe(0);
});

it('ends where it is nearer to, or where a flick sent it', () => {
  expect(endsOpen(-140, 300, 0)).toBe(true);
  expect(endsOpen(-160, 300, 0.1)).toBe(false);
  expect(endsOpen(-250, 300, 0.9)).toBe(true);
  expect(endsOpen(-10, 300, -0.9)).toBe(false);
});
