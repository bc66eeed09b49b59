import { expect, it } from 'vitest';
import { bytesOf, textOf } from './encoding';

it('writes and reads both letters that base64url has of its own', () => {
  const bytes = new Uint8Array([0xfb, 0xff, 0xbf]);
  expect(textOf(bytes)).toBe('-_-_');
  expect(bytesOf('-_-_')).toEqual(bytes);
});

it('needs no padding, and writes none', () => {
  for (const length of [0, 1, 2, 3, 65]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 37) % 256);
    expect(textOf(bytes)).not.toContain('=');
    expect(bytesOf(textOf(bytes))).toEqual(bytes);
    expect(textOf(bytes.buffer)).toBe(Buffer.from(bytes).toString('base64url'));
  }
});
