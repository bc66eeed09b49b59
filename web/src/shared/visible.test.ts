import { expect, it } from 'vitest';
import { visible, visibleText } from './visible';

it('names what is not seen, or turns the order around', () => {
  expect(visible('rm \u202Eatad\u202C')).toBe('rm ⟨U+202E⟩atad⟨U+202C⟩');
  expect(visible('ls\u2066\u2069\u200B\uFEFF\u00AD')).toBe('ls⟨U+2066⟩⟨U+2069⟩⟨U+200B⟩⟨U+FEFF⟩⟨U+00AD⟩');
  expect(visible('a\u0000\u001B[8mb\u007F\u0085')).toBe('a⟨U+0000⟩⟨U+001B⟩[8mb⟨U+007F⟩⟨U+0085⟩');
  expect(visible('x\u{E0072}\u{E006D}\u{E0100}\uFE0F')).toBe('x⟨U+E0072⟩⟨U+E006D⟩⟨U+E0100⟩⟨U+FE0F⟩');
  expect(visible('rm\u00A0-rf\u2003\u3164\u2800')).toBe('rm⟨U+00A0⟩-rf⟨U+2003⟩⟨U+3164⟩⟨U+2800⟩');
  expect(visible('a\u2028b\rc\uD83D')).toBe('a⟨U+2028⟩b⟨U+000D⟩c⟨U+D83D⟩');
});

it('every character of every kind that reorders or hides is named', () => {
  const ranges = [
    [0, 8],
    [0xb, 0x1f],
    [0x7f, 0x9f],
    [0x200b, 0x200f],
    [0x2028, 0x202e],
    [0x2060, 0x206f],
    [0xe0000, 0xe007f],
  ];
  for (const [from = 0, to = 0] of ranges)
    for (let code = from; code <= to; code++)
      expect(visible(`a${String.fromCodePoint(code)}b`)).toMatch(/^a⟨U\+[0-9A-F]{4,6}⟩b$/);
});

it('leaves alone what is seen', () => {
  const text = 'git commit -m "Grüße, 世界 😀"\n\tls  -la\n\n  x';
  expect(visible(text)).toBe(text);
  expect(visible('one\r\ntwo')).toBe('one\ntwo');
});

it('counts emptiness that pushes the rest out of sight', () => {
  expect(visible(`ls${' '.repeat(300)}; rm -rf ~`)).toBe('ls ⟨300 spaces⟩ ; rm -rf ~');
  expect(visibleText(`ls${'\n'.repeat(80)}rm -rf ~`)).toBe('ls\n⟨79 empty lines⟩\nrm -rf ~');
  expect(visibleText(`ls${' '.repeat(24)}x\n\n\ny`)).toBe(`ls${' '.repeat(24)}x\n\n\ny`);
});
