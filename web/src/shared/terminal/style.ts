/** How a piece of a terminal's text looks: what programs say to terminals, as classes and colours of the page. Pure. */

export interface Style {
  /** 0 to 15: the terminal's own colours, which follow the theme; others as they are. */
  colour: number | string | null;
  background: number | string | null;
  isBold: boolean;
  isDim: boolean;
  isItalic: boolean;
  isUnderlined: boolean;
  isInverse: boolean;
}

export interface Piece {
  text: string;
  style: Style;
}

export const plain: Style = {
  colour: null,
  background: null,
  isBold: false,
  isDim: false,
  isItalic: false,
  isUnderlined: false,
  isInverse: false,
};

/** One of a terminal's 256 colours: the first 16 by number, of the others the colour. */
export function indexedColour(index: number): number | string {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return rgb(grey, grey, grey);
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return rgb(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

const byte = (value: number) => Math.min(255, Math.max(0, Math.trunc(value) || 0));

/** Any colour, of three numbers from 0 to 255. */
export function rgb(red: number, green: number, blue: number): string {
  return `rgb(${byte(red)} ${byte(green)} ${byte(blue)})`;
}
