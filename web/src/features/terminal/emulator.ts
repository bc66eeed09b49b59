/**
 * A terminal without a screen: takes what programs write, and tells its lines as pieces of styled text. The page draws them
 * as ordinary text, so that a finger can scroll and select it, and no style is made that the content policy forbids.
 */
import { type IBufferCell, type IBufferLine, type IMarker, Terminal } from '@xterm/headless';
import { indexedColour, type Piece, plain, rgb, type Style } from '@/shared/terminal/style';

/** Lines that are kept above the screen. */
const scrollback = 2_000;

export interface Line {
  /** Of this line for as long as it is told. */
  id: number;
  pieces: readonly Piece[];
}

export interface Screen {
  /** What has left the screen at its top, the oldest first. */
  history: readonly Line[];
  lines: readonly Line[];
  /** Counted from 0, in characters; null while it is hidden. */
  cursor: { column: number; row: number };
  /** Whether the program asked for cursor keys in application mode. */
  isApplication: boolean;
  /** Whether it asked to be told what is pasted. */
  isBracketed: boolean;
}

export interface Size {
  columns: number;
  rows: number;
}

export class Emulator {
  private readonly terminal: Terminal;
  private history: Line[] = [];
  /** The first line that is not in the history yet. */
  private next: IMarker | undefined;
  private lastId = 0;
  private answer: ((text: string) => void) | undefined;

  constructor({ columns, rows }: Size) {
    this.terminal = new Terminal({ cols: columns, rows, scrollback, allowProposedApi: true });
    this.terminal.onData((text) => this.answer?.(text));
  }

  /**
   * Takes output; `done` is called when its lines can be read. Programs ask the terminal things, such as where its cursor
   * is: `answer` is called with what it says to those in this text.
   */
  write(text: string, done: () => void, answer?: (text: string) => void): void {
    // Outputs are taken in one after the other: what is said while this one is belongs to it.
    this.terminal.write('', () => {
      this.answer = answer;
    });
    this.terminal.write(text, done);
  }

  resize({ columns, rows }: Size): void {
    this.terminal.resize(columns, rows);
    // Long lines are broken anew: the history is another.
    this.history = [];
    this.next?.dispose();
    this.next = undefined;
  }

  read(): Screen {
    const buffer = this.terminal.buffer.active;
    const cell = buffer.getNullCell();
    const line = (at: number): Line => {
      this.lastId += 1;
      return { id: this.lastId, pieces: pieces(buffer.getLine(at), cell) };
    };
    // A program that takes the whole screen has no history.
    const isWhole = buffer.type === 'alternate';
    if (!isWhole) this.takeHistory(buffer.baseY, buffer.cursorY, line);
    return {
      history: isWhole ? [] : this.history,
      lines: Array.from({ length: this.terminal.rows }, (_, row) => line(buffer.baseY + row)),
      cursor: { column: buffer.cursorX, row: buffer.cursorY },
      isApplication: this.terminal.modes.applicationCursorKeysMode,
      isBracketed: this.terminal.modes.bracketedPasteMode,
    };
  }

  close(): void {
    this.terminal.dispose();
  }

  private takeHistory(top: number, cursorRow: number, line: (at: number) => Line): void {
    const isLost = this.next === undefined || this.next.isDisposed;
    const begin = isLost ? 0 : (this.next?.line ?? 0);
    const added = Array.from({ length: Math.max(0, top - begin) }, (_, at) => line(begin + at));
    const known = isLost ? [] : this.history;
    if (isLost || added.length > 0 || known.length > top) {
      const all = [...known, ...added];
      // What the terminal has let go of at its top, or cleared.
      this.history = all.slice(Math.max(0, all.length - top));
    }
    this.next?.dispose();
    this.next = this.terminal.registerMarker(-cursorRow);
  }
}

/** A line's text in pieces of one style each, without the blanks at its end. */
function pieces(line: IBufferLine | undefined, cell: IBufferCell): readonly Piece[] {
  const found: { text: string; style: Style }[] = [];
  let blanks = '';
  for (let column = 0; line && column < line.length; column += 1) {
    const at = line.getCell(column, cell);
    // The second half of a wide character.
    if (!at || at.getWidth() === 0) continue;
    const text = at.getChars() || ' ';
    const style = styleOf(at);
    if (text === ' ' && style === plain) {
      blanks += text;
      continue;
    }
    const last = found.at(-1);
    if (last && blanks === '' && isSame(last.style, style)) {
      last.text += text;
      continue;
    }
    if (blanks !== '') found.push({ text: blanks, style: plain });
    blanks = '';
    found.push({ text, style });
  }
  return found;
}

function styleOf(cell: IBufferCell): Style {
  if (cell.isAttributeDefault()) return plain;
  return {
    colour: colourOf(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor()),
    background: colourOf(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor()),
    isBold: cell.isBold() !== 0,
    isDim: cell.isDim() !== 0,
    isItalic: cell.isItalic() !== 0,
    isUnderlined: cell.isUnderline() !== 0,
    isInverse: cell.isInverse() !== 0,
  };
}

function colourOf(isDefault: boolean, isAny: boolean, colour: number): number | string | null {
  if (isDefault) return null;
  return isAny ? rgb((colour >> 16) & 255, (colour >> 8) & 255, colour & 255) : indexedColour(colour);
}

function isSame(one: Style, other: Style): boolean {
  return one === other || (Object.keys(plain) as (keyof Style)[]).every((name) => one[name] === other[name]);
}
