import { describe, expect, it } from 'vitest';
import { pairLines } from './pairs';
import { parsePatch } from './patch';

const pairsOf = (patch: string) => [...pairLines(parsePatch(patch))].filter(([from, to]) => from < to);

describe('pairLines', () => {
  it('pairs the lines of a change in their order', () => {
    expect(pairsOf('@@ -1,3 +1,4 @@\n same\n-a\n-b\n+A\n+B\n+C\n')).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it('pairs nothing with what is only added or only deleted', () => {
    expect(pairsOf('@@ -1,2 +1,2 @@\n-a\n same\n+b\n')).toEqual([]);
  });

  it('sees through a missing end of the file', () => {
    expect(pairsOf('@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n')).toEqual([[0, 2]]);
  });
});
