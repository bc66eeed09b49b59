import { describe, expect, it } from 'vitest';
import { parsePatch } from './patch';
import { indicesOf, type LineIdentity, rangeBetween } from './selection';

const lines = parsePatch('@@ -5,2 +5,2 @@\n a\n-b\n+c\n@@ -20 +20 @@\n d\n');
const before = (line: number): LineIdentity => ({ path: 'x', side: 'before', line });
const after = (line: number): LineIdentity => ({ path: 'x', side: 'after', line });

describe('rangeBetween', () => {
  it('goes from one line to the other in either direction', () => {
    expect(rangeBetween('x', lines, 1, 3)).toEqual({ first: after(5), last: after(6) });
    expect(rangeBetween('x', lines, 3, 2)).toEqual({ first: before(6), last: after(6) });
  });

  it('leaves out what is no line at its ends', () => {
    expect(lines[4]?.kind).toBe('hunk');
    expect(rangeBetween('x', lines, 0, 4)).toEqual({ first: after(5), last: after(6) });
    expect(rangeBetween('x', lines, 4, 4)).toBeNull();
  });
});

describe('indicesOf', () => {
  it('finds what rangeBetween named', () => {
    expect(indicesOf('x', lines, rangeBetween('x', lines, 2, 5))).toEqual({ first: 2, last: 5 });
  });

  it('finds nothing of another file, and nothing that is gone', () => {
    expect(indicesOf('y', lines, { first: after(5), last: after(5) })).toBeNull();
    expect(indicesOf('x', lines, { first: after(7), last: after(7) })).toBeNull();
    expect(indicesOf('x', lines, null)).toBeNull();
  });
});
