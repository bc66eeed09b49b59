import { describe, expect, it } from 'vitest';
import { parsePatch } from '@/shared/diff/patch';
import type { LineSpan } from '@/shared/diff/selection';
import { afterTap, nothing } from './selection';

const lines = parsePatch('@@ -1,5 +1,5 @@\n one\n two\n three\n four\n five\n');
const tap = (first: number, last = first, of = lines) => ({ path: 'a', lines: of, span: { first, last } });
const extending = (span: LineSpan) => ({ selected: { path: 'a', lines, span }, isExtending: true });

describe('selecting lines', () => {
  it('takes what is tapped, in place of what was', () => {
    const first = afterTap(nothing, tap(1), true);
    expect(first.selected?.span).toEqual({ first: 1, last: 1 });
    expect(afterTap(first, tap(3), true).selected?.span).toEqual({ first: 3, last: 3 });
  });

  it('goes to the second tap, in either direction, once it is asked to', () => {
    expect(afterTap(extending({ first: 1, last: 1 }), tap(3), true)).toEqual({
      selected: tap(1, 3),
      isExtending: false,
    });
    expect(afterTap(extending({ first: 3, last: 3 }), tap(0), true).selected?.span).toEqual({
      first: 0,
      last: 3,
    });
  });

  it('goes on extending while the finger is down', () => {
    expect(afterTap(extending({ first: 1, last: 1 }), tap(2), false).isExtending).toBe(true);
  });

  it('begins anew in another file', () => {
    const other = parsePatch('@@ -1 +1 @@\n one\n');
    expect(afterTap(extending({ first: 1, last: 1 }), tap(0, 0, other), true)).toEqual({
      selected: tap(0, 0, other),
      isExtending: false,
    });
  });
});
