import { expect, it } from 'vitest';
import { roomFor } from './viewport';

it('is the whole page without a keyboard', () => {
  expect(roomFor({ height: 844, offsetTop: 0, scale: 1 }, 844)).toEqual({
    top: 0,
    height: 844,
    below: 0,
    isTyping: false,
  });
});

it('ends where the keyboard begins, where the layout keeps its height (iOS)', () => {
  expect(roomFor({ height: 508, offsetTop: 0, scale: 1 }, 844)).toEqual({
    top: 0,
    height: 508,
    below: 336,
    isTyping: true,
  });
});

it('goes along when what is seen has been moved down to the field', () => {
  expect(roomFor({ height: 508.4, offsetTop: 120.2, scale: 1 }, 844)).toEqual({
    top: 120,
    height: 508,
    below: 216,
    isTyping: true,
  });
});

it('is the layout where the browser resizes it', () => {
  expect(roomFor({ height: 508, offsetTop: 0, scale: 1 }, 508)).toMatchObject({ below: 0, isTyping: false });
});

it("takes a browser's own bar for no keyboard, and never begins above the page", () => {
  expect(roomFor({ height: 790, offsetTop: -3, scale: 1 }, 844)).toMatchObject({
    top: 0,
    height: 790,
    isTyping: false,
  });
});

it('stays as it was while the reader has enlarged the page', () => {
  expect(roomFor({ height: 300, offsetTop: 90, scale: 2 }, 844)).toBeNull();
});
