import { describe, expect, it } from 'vitest';
import { isPicture, parentsOf, readLocation } from './location';

const at = (query: string) => readLocation(new URLSearchParams(query));

describe('readLocation', () => {
  it('tells files from folders', () => {
    expect(at('')).toEqual({ kind: 'folder', path: '' });
    expect(at('path=src/')).toEqual({ kind: 'folder', path: 'src' });
    expect(at('path=src/a.ts&line=12')).toEqual({ kind: 'file', path: 'src/a.ts', line: 12 });
  });

  it('takes a line that is none for no line', () => {
    for (const line of ['0', '-3', 'x', '1.5', '']) {
      expect(at(`path=a&line=${line}`)).toEqual({ kind: 'file', path: 'a', line: null });
    }
  });
});

it('leads from the root to a file', () => {
  expect(parentsOf('src/deep/a.ts')).toEqual([
    { name: 'src', path: 'src/' },
    { name: 'deep', path: 'src/deep/' },
  ]);
  expect(parentsOf('README.md')).toEqual([]);
});

it('knows pictures by their names', () => {
  expect(['a.PNG', 'b.webp', 'c.jpeg'].every(isPicture)).toBe(true);
  expect(['png', 'a.svg', 'a.png.txt'].some(isPicture)).toBe(false);
});
