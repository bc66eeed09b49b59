import { describe, expect, it } from 'vitest';
import { Emulator, type Line, type Screen } from './emulator';

async function written(emulator: Emulator, text: string): Promise<Screen> {
  await new Promise<void>((done) => emulator.write(text, done));
  return emulator.read();
}

const words = (lines: readonly Line[]) => lines.map(({ pieces }) => pieces.map(({ text }) => text).join(''));

describe('the terminal', () => {
  it('tells its lines and where the cursor is', async () => {
    const screen = await written(new Emulator({ columns: 20, rows: 3 }), 'one\r\n  two\rT');
    expect(words(screen.lines)).toEqual(['one', 'T two', '']);
    expect(screen.cursor).toEqual({ column: 1, row: 1 });
    expect(screen.history).toEqual([]);
  });

  it('tells colours in pieces', async () => {
    const { lines } = await written(
      new Emulator({ columns: 40, rows: 1 }),
      'a \u001b[1;31mred\u001b[0m \u001b[38;5;196mcube\u001b[38;2;1;2;3mown\u001b[0m\u001b[7m \u001b[0m',
    );
    expect(
      lines[0]?.pieces.map(({ text, style }) => [text, style.colour, style.isBold, style.isInverse]),
    ).toEqual([
      ['a', null, false, false],
      [' ', null, false, false],
      ['red', 1, true, false],
      [' ', null, false, false],
      ['cube', 'rgb(255 0 0)', false, false],
      ['own', 'rgb(1 2 3)', false, false],
      [' ', null, false, true],
    ]);
  });

  it('keeps what leaves the screen, each line once and the very same', async () => {
    const emulator = new Emulator({ columns: 10, rows: 2 });
    const first = await written(emulator, '1\r\n2\r\n3\r\n4');
    expect(words(first.history)).toEqual(['1', '2']);
    const second = await written(emulator, '\r\n5');
    expect(words(second.history)).toEqual(['1', '2', '3']);
    expect(second.history[0]).toBe(first.history[0]);
    expect(words(second.lines)).toEqual(['4', '5']);
  });

  it('lets go of what is too old, also when very much comes at once', async () => {
    const emulator = new Emulator({ columns: 10, rows: 2 });
    const lines = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => `${from + index}\r\n`).join('');
    await written(emulator, lines(0, 1_000));
    const { history } = await written(emulator, lines(1_000, 9_000));
    expect(history.length).toBe(2_000);
    expect(words(history).at(-1)).toBe('8998');
    const more = await written(emulator, lines(9_000, 9_010));
    expect(words(more.history).slice(-2)).toEqual(['9007', '9008']);
    expect(more.history.length).toBe(2_000);
  });

  it('forgets what is cleared, and has no history in a program that takes the whole screen', async () => {
    const emulator = new Emulator({ columns: 10, rows: 2 });
    await written(emulator, '1\r\n2\r\n3\r\n');
    const whole = await written(emulator, '\u001b[?1049h\u001b[Hvim');
    expect(words(whole.history)).toEqual([]);
    expect(words(whole.lines)[0]).toBe('vim');
    const back = await written(emulator, '\u001b[?1049l');
    expect(words(back.history)).toEqual(['1', '2']);
    const cleared = await written(emulator, '\u001b[H\u001b[2J\u001b[3J');
    expect(words(cleared.history)).toEqual([]);
  });

  it('breaks long lines anew when it becomes narrower', async () => {
    const emulator = new Emulator({ columns: 8, rows: 2 });
    await written(emulator, 'abcdefgh\r\nx\r\ny');
    emulator.resize({ columns: 4, rows: 2 });
    expect(words(emulator.read().history)).toEqual(['abcd', 'efgh']);
  });

  it('says what programs ask for', async () => {
    const emulator = new Emulator({ columns: 8, rows: 2 });
    const answers: string[] = [];
    await written(emulator, '\u001b[6n');
    await new Promise<void>((done) =>
      emulator.write('\u001b[?1h\u001b[?2004h\u001b[6n', done, (text) => answers.push(text)),
    );
    const screen = emulator.read();
    expect([screen.isApplication, screen.isBracketed]).toEqual([true, true]);
    expect(answers).toEqual(['\u001b[1;1R']);
  });
});
