import { describe, expect, it } from 'vitest';
import { lastLines, outputLines, plainOutput, styledLine } from './output';
import { plain, type Style } from './style';

const look = (line: string, begin: Style = plain) =>
  styledLine(line, begin).pieces.map(({ text, style }) => {
    const changed = Object.entries(style).filter(([name, value]) => value !== plain[name as keyof Style]);
    return [text, Object.fromEntries(changed)];
  });

describe('plainOutput', () => {
  it('removes colours, titles and cursor moves', () => {
    expect(plainOutput('\u001b[1;32mok\u001b[0m \u001b]0;title\u0007done\u001b[2K')).toBe('ok done');
  });

  it('shows a line that was overwritten as it ended', () => {
    expect(plainOutput('10%\r50%\r100%\r\nnext\r\n')).toBe('100%\nnext');
  });

  it('shows a line that is about to be overwritten', () => {
    expect(plainOutput('10%\r50%\r')).toBe('50%');
  });

  it('takes back what backspaces take back', () => {
    expect(plainOutput('|\b/\b-\bdone')).toBe('done');
    expect(plainOutput('ab\b\bcd')).toBe('cd');
  });

  it('leaves ordinary text alone', () => expect(plainOutput('a [1] b\n\tc')).toBe('a [1] b\n\tc'));

  it.each(['\u001b', '\u001b[', '\u001b[1;3', '\u001b]0;tit'])(
    'shows nothing of a sequence cut at %j',
    (cut) => {
      expect(plainOutput(`ok${cut}`)).toBe('ok');
    },
  );
});

describe('outputLines', () => {
  it('keeps the colour that was set before a line was overwritten', () => {
    const [line = ''] = outputLines('\u001b[31m10%\r100%');
    expect(look(line)).toEqual([['100%', { colour: 1 }]]);
  });

  it('has no lines where nothing was said', () => {
    expect(outputLines('')).toEqual([]);
    expect(outputLines('\n\n')).toEqual(['', '']);
  });
});

describe('styledLine', () => {
  it('knows colours, weights and their ends', () => {
    expect(look('a\u001b[1;31mb\u001b[22mc\u001b[39md\u001b[7;3;4;2me\u001b[mf')).toEqual([
      ['a', {}],
      ['b', { colour: 1, isBold: true }],
      ['c', { colour: 1 }],
      ['d', {}],
      ['e', { isInverse: true, isItalic: true, isUnderlined: true, isDim: true }],
      ['f', {}],
    ]);
  });

  it('knows bright, 256 and all colours', () => {
    expect(look('\u001b[92;100ma\u001b[38;5;9mb\u001b[38;5;196;48;5;232mc\u001b[38;2;1;2;300md')).toEqual([
      ['a', { colour: 10, background: 8 }],
      ['b', { colour: 9, background: 8 }],
      ['c', { colour: 'rgb(255 0 0)', background: 'rgb(8 8 8)' }],
      ['d', { colour: 'rgb(1 2 255)', background: 'rgb(8 8 8)' }],
    ]);
  });

  it('carries a style on to the next line', () => {
    const { end } = styledLine('\u001b[32mone', plain);
    expect(look('two', end)).toEqual([['two', { colour: 2 }]]);
  });

  it('never lets a sequence out as text, whatever follows', () => {
    for (const odd of ['\u001b[999999m', '\u001b[38;5m', '\u001b[38m', '\u001b[;;m', '\u001b[?25l']) {
      expect(
        styledLine(`a${odd}b`, plain)
          .pieces.map(({ text }) => text)
          .join(''),
      ).toBe('ab');
    }
  });
});

describe('lastLines', () => {
  const many = (count: number, line = 'x') => Array.from({ length: count }, () => line);

  it('leaves what is short as it is', () => expect(lastLines(many(500)).hidden).toBe(0));

  it('shows the end of what is long', () => {
    const { lines, hidden } = lastLines([...many(9_999), 'last']);
    expect([lines.length, hidden, lines.at(-1)]).toEqual([500, 9_500, 'last']);
  });

  it('counts characters too, but shows a last line of any length', () => {
    expect(lastLines(many(100, 'x'.repeat(10_000))).lines.length).toBe(6);
    expect(lastLines(['a', 'x'.repeat(1_000_000)]).lines.length).toBe(1);
  });
});
