/** Colours: reading them, and making sure that what is written in them can be read. Pure. */

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [number, number, number];

export const black: Colour = [0, 0, 0];
export const white: Colour = [255, 255, 255];

/** `#rgb`, `#rrggbb` or `#rrggbbaa` (what shines through is black); null for anything else. */
export function parseHex(text: string): Colour | null {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(text);
  const [, red, green, blue, alpha] =
    short?.map((digit, index) => (index === 0 ? digit : digit + digit)) ??
    /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})?$/i.exec(text) ??
    [];
  if (red === undefined || green === undefined || blue === undefined) return null;
  const colour: Colour = [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)];
  return alpha === undefined ? colour : mix(black, colour, Number.parseInt(alpha, 16) / 255);
}

/** The first sixteen of a terminal's colours, as xterm has them. */
const ansi: readonly string[] = (
  '#000000 #cd0000 #00cd00 #cdcd00 #0000ee #cd00cd #00cdcd #e5e5e5 ' +
  '#7f7f7f #ff0000 #00ff00 #ffff00 #5c5cff #ff00ff #00ffff #ffffff'
).split(' ');

/** A terminal's colour by its number, 0 to 255; null for another number. */
export function parseAnsi(number: number): Colour | null {
  if (!Number.isInteger(number) || number < 0 || number > 255) return null;
  if (number < 16) return parseHex(ansi[number] ?? '');
  if (number >= 232) {
    const gray = 8 + 10 * (number - 232);
    return [gray, gray, gray];
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
  const index = number - 16;
  return [level(Math.floor(index / 36)), level(Math.floor(index / 6) % 6), level(index % 6)];
}

export function toHex(colour: Colour): string {
  return `#${colour.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

/** From one colour (0) to another (1); whole numbers, as it will be written. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const channel = (index: 0 | 1 | 2) => Math.round(from[index] + (to[index] - from[index]) * share);
  return [channel(0), channel(1), channel(2)];
}

/** How bright it is to the eye, 0 to 1 (WCAG). */
export function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** From 1 (the same) to 21 (black and white). */
export function contrast(one: Colour, other: Colour): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** The colour, or the nearest to it on the way to white or to black that has so much contrast on all of these. */
export function readable(colour: Colour, on: readonly Colour[], atLeast: number): Colour {
  const worst = (of: Colour) => Math.min(...on.map((background) => contrast(of, background)));
  const end = worst(white) >= worst(black) ? white : black;
  for (let step = 0; step < 40; step += 1) {
    const candidate = mix(colour, end, step / 40);
    if (worst(candidate) >= atLeast) return candidate;
  }
  return end;
}
