/**
 * opencode's theme files: JSON with `theme` (what is which colour) and `defs` (names for colours), where a colour is
 * `#rrggbb`, a terminal's number, a name, `none`, or two of these for dark and light. Pure.
 */
import { black, type Colour, mix, parseAnsi, parseHex, readable, toHex, white } from './colour';

export type Mode = 'dark' | 'light';

export interface OpencodeTheme {
  colours: Readonly<Record<string, unknown>>;
  names: Readonly<Record<string, unknown>>;
}

/** Text is at least this readable, whatever the file says; what only divides may be less. */
const floor = 4.5;
const lineFloor = 3;
/** A name that stands for a name that stands for a name …: no file goes deeper. */
const deepest = 8;

/** A sentence for whoever chose the file. */
export class ThemeError extends Error {
  override name = 'ThemeError';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads a theme file; throws `ThemeError` where it is none. */
export function readTheme(text: string): OpencodeTheme {
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    throw new ThemeError('This is not JSON.');
  }
  if (!isRecord(file) || !isRecord(file.theme)) {
    throw new ThemeError('This is not an opencode theme: there is no “theme” in it.');
  }
  const theme: OpencodeTheme = { colours: file.theme, names: isRecord(file.defs) ? file.defs : {} };
  for (const mode of ['dark', 'light'] as const) {
    for (const key of Object.keys(theme.colours)) colourOf(theme, key, mode);
    for (const key of ['text', 'background', 'primary']) {
      if (!(key in theme.colours)) throw new ThemeError(`This is not an opencode theme: it has no “${key}”.`);
    }
  }
  return theme;
}

/** The colour of something in a theme; null where it says `none`, or nothing. */
export function colourOf(theme: OpencodeTheme, key: string, mode: Mode): Colour | null {
  return resolve(theme, theme.colours[key], mode, key, 0);
}

function resolve(
  theme: OpencodeTheme,
  value: unknown,
  mode: Mode,
  key: string,
  depth: number,
): Colour | null {
  if (depth > deepest) throw new ThemeError(`The colour of “${key}” leads back to itself.`);
  if (value === undefined || value === 'none' || value === 'transparent') return null;
  // How strong a thinking text is, for instance.
  if (typeof value === 'number' && /opacity/i.test(key)) return null;
  const colour =
    typeof value === 'number' ? parseAnsi(value) : typeof value === 'string' ? parseHex(value) : null;
  if (colour) return colour;
  if (isRecord(value)) return resolve(theme, value[mode], mode, key, depth + 1);
  if (typeof value === 'string') {
    const named = theme.names[value] ?? theme.colours[value];
    if (named !== undefined) return resolve(theme, named, mode, key, depth + 1);
  }
  throw new ThemeError(`The colour of “${key}” cannot be read: ${JSON.stringify(value)}.`);
}

/** Whether its light side is another than its dark one. */
export function hasTwoSides(theme: OpencodeTheme): boolean {
  return JSON.stringify(variablesOf(theme, 'dark')) !== JSON.stringify(variablesOf(theme, 'light'));
}

/** Our variables for syntax, and opencode's names. */
const syntax = {
  '--syntax-comment': 'syntaxComment',
  '--syntax-keyword': 'syntaxKeyword',
  '--syntax-function': 'syntaxFunction',
  '--syntax-variable': 'syntaxVariable',
  '--syntax-string': 'syntaxString',
  '--syntax-number': 'syntaxNumber',
  '--syntax-type': 'syntaxType',
  '--syntax-operator': 'syntaxOperator',
  '--syntax-punctuation': 'syntaxPunctuation',
} as const;

/** The page's variables (shared/theme.css) in the colours of a theme, all of them readable. */
export function variablesOf(theme: OpencodeTheme, mode: Mode): Record<string, string> {
  const pick = (...keys: string[]) => keys.map((key) => colourOf(theme, key, mode)).find(Boolean) ?? null;
  const ground = pick('background') ?? (mode === 'dark' ? black : white);
  const ink = pick('text') ?? (mode === 'dark' ? white : black);
  const panel = pick('backgroundPanel') ?? mix(ground, ink, 0.05);
  const raised = pick('backgroundElement', 'backgroundMenu') ?? mix(ground, ink, 0.1);
  const grounds = [ground, panel, raised];
  const text = readable(ink, grounds, floor);
  const muted = readable(pick('textMuted') ?? mix(ink, ground, 0.4), grounds, floor);
  const word = (fallback: Colour, ...keys: string[]) => pick(...keys) ?? fallback;
  const blue = word(text, 'primary');
  const green = word(text, 'success', 'diffAdded');
  const red = word(text, 'error', 'diffRemoved');
  // Faint enough that every colour of code can be read on it.
  const tint = (colour: Colour, share: number) => mix(ground, colour, share);
  const [greenDeep, redDeep] = [tint(green, 0.14), tint(red, 0.14)];
  const onDiffs = [...grounds, greenDeep, redDeep];
  const values: Record<string, Colour> = {
    '--black': ground,
    '--panel': panel,
    '--raised': raised,
    '--line': pick('borderSubtle', 'border') ?? tint(ink, 0.2),
    '--line-strong': readable(pick('borderActive', 'border') ?? muted, [ground, panel], lineFloor),
    '--text': text,
    '--text-2': readable(mix(text, muted, 0.4), grounds, floor),
    '--text-3': muted,
    '--blue': readable(blue, grounds, floor),
    '--green': readable(green, onDiffs, floor),
    '--red': readable(red, onDiffs, floor),
    '--yellow': readable(word(text, 'warning'), grounds, floor),
    '--violet': readable(word(blue, 'accent', 'secondary'), grounds, floor),
    '--cyan': readable(word(blue, 'info'), grounds, floor),
    '--green-deep': greenDeep,
    '--red-deep': redDeep,
    '--green-mark': tint(green, 0.28),
    '--red-mark': tint(red, 0.28),
    '--selected': tint(blue, 0.25),
  };
  for (const [variable, key] of Object.entries(syntax)) {
    values[variable] = readable(pick(key) ?? text, onDiffs, floor);
  }
  return Object.fromEntries(Object.entries(values).map(([variable, colour]) => [variable, toHex(colour)]));
}
