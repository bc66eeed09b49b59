import { describe, expect, it } from 'vitest';
import type { ColouredLine } from './runs';
import { coloured, segments } from './segments';

const runs: ColouredLine = [
  { text: 'const', kind: 'keyword' },
  { text: ' a = ', kind: null },
  { text: '1', kind: 'number' },
];

describe('coloured', () => {
  it('takes the colours of the very line', () => expect(coloured('const a = 1', runs)).toBe(runs));

  it('keeps them while the line grows, so that nothing flickers', () => {
    expect(coloured('const a = 12;', runs)).toEqual([...runs, { text: '2;', kind: null }]);
  });

  it('takes none of another line', () => {
    expect(coloured('let a = 1', runs)).toEqual([{ text: 'let a = 1', kind: null }]);
    expect(coloured('', runs)).toEqual([]);
  });
});

describe('segments', () => {
  const look = (...args: Parameters<typeof segments>) =>
    segments(...args).map(({ text, kind, isMarked }) => `${kind ?? ''}${isMarked ? '!' : ''}:${text}`);

  it('cuts colours where marks begin and end', () => {
    expect(look('const a = 1', runs, [[3, 7]])).toEqual([
      'keyword:con',
      'keyword!:st',
      '!: a',
      ': = ',
      'number:1',
    ]);
  });

  it('has marks without colours, and several in one run', () => {
    expect(
      look('abcdef', undefined, [
        [0, 1],
        [3, 4],
      ]),
    ).toEqual(['!:a', ':bc', '!:d', ':ef']);
  });

  it('never loses a letter', () => {
    for (let from = 0; from <= 11; from += 1) {
      for (let to = from; to <= 11; to += 1) {
        const text = segments('const a = 1', runs, [[from, to]]).map((segment) => segment.text);
        expect(text.join('')).toBe('const a = 1');
      }
    }
  });
});
