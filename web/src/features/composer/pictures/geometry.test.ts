import { expect, it } from 'vitest';
import { hasTransparency, isFine, renamed, sizeToSend } from './geometry';

it.each([
  [4032, 3024, 1568, 1176],
  [3024, 4032, 1176, 1568],
  [1568, 1568, 1568, 1568],
  [800, 600, 800, 600],
  [20_000, 3, 1568, 1],
])('%i x %i is sent as %i x %i', (width, height, toWidth, toHeight) => {
  expect(sizeToSend({ width, height })).toEqual({ width: toWidth, height: toHeight });
});

it('a small screenshot stays as it is, a photo never does', () => {
  const size = { width: 390, height: 844 };
  expect(isFine('image/png', 200_000, size)).toBe(true);
  expect(isFine('image/png', 2_000_000, size)).toBe(false);
  expect(isFine('image/png', 200_000, { width: 390, height: 2000 })).toBe(false);
  expect(isFine('image/jpeg', 200_000, size)).toBe(false);
});

it('transparency is seen in any pixel', () => {
  expect(hasTransparency(new Uint8ClampedArray([0, 0, 0, 255, 9, 9, 9, 255]))).toBe(false);
  expect(hasTransparency(new Uint8ClampedArray([0, 0, 0, 255, 9, 9, 9, 254]))).toBe(true);
});

it('the name has the ending of what it has become', () => {
  expect(renamed('IMG_1.HEIC', 'image/jpeg')).toBe('IMG_1.jpg');
  expect(renamed('.png', 'image/png')).toBe('picture.png');
  expect(renamed('a.gif', 'image/gif')).toBe('a.gif');
});
