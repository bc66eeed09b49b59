import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Colour, contrast, parseAnsi, parseHex, readable, toHex } from './colour';
import { colourOf, hasTwoSides, readTheme, variablesOf } from './opencodeTheme';

/** Themes that opencode brings along. */
const folder = new URL('fixtures', import.meta.url).pathname;
const files = readdirSync(folder).map((name) => ({ name, text: readFileSync(`${folder}/${name}`, 'utf8') }));

function colour(text: string | undefined): Colour {
  const parsed = parseHex(text ?? '');
  if (!parsed) throw new Error(`no colour: ${text}`);
  return parsed;
}

describe("opencode's own themes", () => {
  for (const { name, text } of files) {
    it(`${name} can be read, and everything in it too`, () => {
      const theme = readTheme(text);
      for (const mode of ['dark', 'light'] as const) {
        const values = variablesOf(theme, mode);
        const worst = (of: string, on: readonly string[]) =>
          Math.min(...on.map((ground) => contrast(colour(values[of]), colour(values[ground]))));
        const grounds = ['--black', '--panel', '--raised'];
        for (const of of ['--text', '--text-2', '--text-3', '--blue', '--yellow', '--violet', '--cyan']) {
          expect(worst(of, grounds), `${mode} ${of}`).toBeGreaterThanOrEqual(4.5);
        }
        const code = Object.keys(values).filter((variable) => variable.startsWith('--syntax-'));
        for (const of of ['--green', '--red', ...code]) {
          expect(
            worst(of, [...grounds, '--green-deep', '--red-deep']),
            `${mode} ${of}`,
          ).toBeGreaterThanOrEqual(4.5);
        }
        expect(worst('--line-strong', ['--black', '--panel'])).toBeGreaterThanOrEqual(3);
      }
    });
  }

  it('keep their colours where these can be read', () => {
    const aura = readTheme(files.find(({ name }) => name.startsWith('aura'))?.text ?? '');
    expect(variablesOf(aura, 'dark')).toMatchObject({
      '--black': '#0f0f0f',
      '--blue': '#a277ff',
      '--text': '#edecee',
    });
    expect(hasTwoSides(aura)).toBe(false);
  });
});

describe('a theme file', () => {
  const file = (theme: object, defs = {}) =>
    readTheme(JSON.stringify({ defs, theme: { text: '#fff', background: '#000', primary: 4, ...theme } }));

  it('says colours in hex, by number, by name, by another entry, by side, or none', () => {
    const theme = file(
      {
        a: '#abc',
        b: 196,
        c: 'named',
        d: 'a',
        e: { dark: 'named', light: 231 },
        f: 'none',
        thinkingOpacity: 0.6,
      },
      { named: '#102030' },
    );
    const hex = (key: string, mode: 'dark' | 'light' = 'dark') => {
      const found = colourOf(theme, key, mode);
      return found && toHex(found);
    };
    expect([hex('a'), hex('b'), hex('c'), hex('d'), hex('e'), hex('e', 'light'), hex('f')]).toEqual([
      '#aabbcc',
      '#ff0000',
      '#102030',
      '#aabbcc',
      '#102030',
      '#ffffff',
      null,
    ]);
    expect(hasTwoSides(file({ text: { dark: '#fff', light: '#000' } }))).toBe(true);
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'no “theme”'],
    ['{"theme":{"text":"#fff","primary":"#fff"}}', 'has no “background”'],
    ['{"theme":{"text":"url(x)","background":0,"primary":1}}', 'cannot be read: "url(x)"'],
    ['{"theme":{"text":"a","a":"text","background":0,"primary":1}}', 'leads back to itself'],
    ['{"theme":{"text":999,"background":0,"primary":1}}', 'cannot be read: 999'],
  ])('%s is refused, in words', (text, words) => {
    expect(() => readTheme(text)).toThrow(words);
  });
});

describe('colours', () => {
  it("are a terminal's by number", () => {
    expect([0, 15, 16, 21, 231, 232, 255, 256, 1.5].map((number) => parseAnsi(number))).toEqual([
      [0, 0, 0],
      [255, 255, 255],
      [0, 0, 0],
      [0, 0, 255],
      [255, 255, 255],
      [8, 8, 8],
      [238, 238, 238],
      null,
      null,
    ]);
  });

  it('are moved no further than needed', () => {
    expect(readable([255, 255, 0], [[0, 0, 0]], 4.5)).toEqual([255, 255, 0]);
    const moved = readable([40, 40, 40], [[0, 0, 0]], 4.5);
    expect(contrast(moved, [0, 0, 0])).toBeGreaterThanOrEqual(4.5);
    expect(contrast(moved, [0, 0, 0])).toBeLessThan(5.2);
  });
});
