/**
 * Output of a terminal as lines of coloured text: colours and weights kept, everything else that a program says to
 * a terminal left out, lines that were overwritten shown as they ended. Pure.
 */
import { indexedColour, type Piece, plain, rgb, type Style } from './style';

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for.
const sequence = /\u001b(?:\[([0-9;:?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_]|$)/g;
/** A sequence of which the end is still to come. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const unfinished = /\u001b(?:\[[0-9;:?]*[ -/]*|\][^\u0007\u001b]*)?$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is left of them says nothing to a reader.
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g;

/** The output's lines as they ended, still with their colours. */
export function outputLines(output: string): string[] {
  const text = output.replace(unfinished, '').replaceAll('\r\n', '\n').replace(/\n$/, '');
  if (text === '') return [];
  return text.split('\n').map((line) => {
    if (!line.includes('\r') && !line.includes('\b')) return line;
    // What comes after a carriage return is written over the line; at the very end it is still to come.
    const kept = withoutReturns(line);
    const begin = kept.lastIndexOf('\r') + 1;
    // The colours that were set before go on.
    const before = begin === 0 ? '' : (kept.slice(0, begin).match(sequence) ?? []).join('');
    return before + withoutErased(kept.slice(begin));
  });
}

/** Without those at its end. An expression would look from each of many anew. */
function withoutReturns(line: string): string {
  let end = line.length;
  while (line[end - 1] === '\r') end -= 1;
  return line.slice(0, end);
}

/** Backspace takes back the character before it. */
function withoutErased(line: string): string {
  if (!line.includes('\b')) return line;
  const kept: string[] = [];
  for (const character of line) {
    if (character === '\b') kept.pop();
    else kept.push(character);
  }
  return kept.join('');
}

export interface StyledLine {
  pieces: readonly Piece[];
  /** How the next line begins. */
  end: Style;
}

/** A line's pieces; `begin` is how the line before ended. */
export function styledLine(line: string, begin: Style): StyledLine {
  const pieces: Piece[] = [];
  let style = begin;
  let at = 0;
  const add = (text: string) => {
    const shown = text.replace(controls, '');
    if (shown !== '') pieces.push({ text: shown, style });
  };
  for (const found of line.matchAll(sequence)) {
    add(line.slice(at, found.index));
    at = found.index + found[0].length;
    if (found[2] === 'm') style = restyled(style, found[1] ?? '');
  }
  add(line.slice(at));
  return { pieces, end: style };
}

/** The text without colours: what is copied, and what the screen reader reads. */
export function plainOutput(output: string): string {
  return outputLines(output)
    .map((line) => line.replace(sequence, '').replace(controls, ''))
    .join('\n');
}

/** The style after "select graphic rendition". */
function restyled(style: Style, parameters: string): Style {
  const codes = parameters.split(/[;:]/).map(Number);
  let next = style;
  for (let index = 0; index < codes.length; index += 1) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const { colour, used } = extendedColour(codes.slice(index + 1, index + 5));
      index += used;
      next = code === 38 ? { ...next, colour } : { ...next, background: colour };
    } else next = withCode(next, code);
  }
  return next;
}

function withCode(style: Style, code: number): Style {
  if (code >= 30 && code <= 37) return { ...style, colour: code - 30 };
  if (code >= 90 && code <= 97) return { ...style, colour: code - 82 };
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 };
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 };
  switch (code) {
    case 0:
      return plain;
    case 1:
      return { ...style, isBold: true };
    case 2:
      return { ...style, isDim: true };
    case 3:
      return { ...style, isItalic: true };
    case 4:
      return { ...style, isUnderlined: true };
    case 7:
      return { ...style, isInverse: true };
    case 22:
      return { ...style, isBold: false, isDim: false };
    case 23:
      return { ...style, isItalic: false };
    case 24:
      return { ...style, isUnderlined: false };
    case 27:
      return { ...style, isInverse: false };
    case 39:
      return { ...style, colour: null };
    case 49:
      return { ...style, background: null };
    default:
      return style;
  }
}

/** One of 256 colours, or any; and how many numbers said it. */
function extendedColour([kind, ...rest]: readonly number[]): {
  colour: number | string | null;
  used: number;
} {
  if (kind === 5) return { colour: indexedColour(rest[0] ?? 0), used: 2 };
  if (kind === 2) return { colour: rgb(rest[0] ?? 0, rest[1] ?? 0, rest[2] ?? 0), used: 4 };
  return { colour: null, used: 1 };
}

/** How much is shown at once. */
const mostLines = 500;
const mostCharacters = 60_000;

/** The end of an output, by whole lines, as far as it can be shown at once; and how many lines are left out. */
export function lastLines(lines: readonly string[]): { lines: readonly string[]; hidden: number } {
  let characters = 0;
  let begin = lines.length;
  while (begin > 0 && lines.length - begin < mostLines) {
    characters += lines[begin - 1]?.length ?? 0;
    if (characters > mostCharacters && begin < lines.length) break;
    begin -= 1;
  }
  return begin === 0 ? { lines, hidden: 0 } : { lines: lines.slice(begin), hidden: begin };
}
