/** Which words of a changed line changed: a small diff of two lines, word by word. Pure. */

import type { Range } from '@/shared/highlight/segments';

export interface Marks {
  before: readonly Range[];
  after: readonly Range[];
}

const none: Marks = { before: [], after: [] };

/** Longer lines are not compared: the time grows with the square of their words. */
const mostTokens = 400;
/** Lines with less in common, of all that they say, are other lines; marks would be noise. */
const leastInCommon = 0.35;

/** Words, runs of white space, and each other character for itself. */
const token = /[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu;

/** What differs between two versions of a line; nothing when they have little in common. */
export function changedWords(before: string, after: string): Marks {
  const a = before.match(token) ?? [];
  const b = after.match(token) ?? [];
  if (a.length > mostTokens || b.length > mostTokens) return none;
  const kept = longestCommon(a, b);
  const common = a.reduce((sum, word, index) => (kept.a[index] && word.trim() ? sum + word.length : sum), 0);
  const length = Math.max(letters(before), letters(after));
  if (length === 0 || common / length < leastInCommon) return none;
  return { before: changed(a, kept.a), after: changed(b, kept.b) };
}

function letters(line: string): number {
  return line.replace(/\s/g, '').length;
}

/** Which tokens of both are in a longest common subsequence. */
function longestCommon(a: readonly string[], b: readonly string[]): { a: boolean[]; b: boolean[] } {
  const width = b.length + 1;
  // lengths[i * width + j]: the longest of what is left from i and j on.
  const lengths = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => lengths[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const inA = new Array<boolean>(a.length).fill(false);
  const inB = new Array<boolean>(b.length).fill(false);
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      inA[i] = true;
      inB[j] = true;
      i += 1;
      j += 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i += 1;
    else j += 1;
  }
  return { a: inA, b: inB };
}

/** The ranges of the tokens that are not kept; those with nothing but white space between them are one. */
function changed(tokens: readonly string[], kept: readonly boolean[]): Range[] {
  const ranges: [number, number][] = [];
  let offset = 0;
  let sinceLast = '';
  tokens.forEach((word, index) => {
    const end = offset + word.length;
    const last = ranges.at(-1);
    if (kept[index]) sinceLast += word;
    else {
      if (last && sinceLast.trim() === '') last[1] = end;
      else ranges.push([offset, end]);
      sinceLast = '';
    }
    offset = end;
  });
  return ranges;
}
