import { describe, expect, it } from 'vitest';
import type { QuotedLine, ReviewComment } from './comment';
import { fenced, placeOf, promptOf } from './prompt';

const added = (after: number, text: string): QuotedLine => ({ kind: 'added', after, text });
const deleted = (before: number, text: string): QuotedLine => ({ kind: 'deleted', before, text });
const comment = (change: Partial<ReviewComment>): ReviewComment => ({
  id: '1',
  path: 'src/a.ts',
  view: 'base',
  lines: [added(12, 'const a = 1;')],
  text: 'Why one?',
  ...change,
});

describe('placeOf', () => {
  it('tells one line, several, and lines that are gone', () => {
    expect(placeOf(comment({}))).toBe('src/a.ts:12');
    expect(placeOf(comment({ lines: [deleted(9, 'x'), added(12, 'a'), added(13, 'b')] }))).toBe(
      'src/a.ts:12-13',
    );
    expect(placeOf(comment({ lines: [deleted(7, 'x')] }))).toBe('src/a.ts:7 (before the change)');
    expect(placeOf(comment({ view: '1a2b3c4d5e6f' }))).toBe('src/a.ts:12 (in commit 1a2b3c4d)');
  });
});

describe('fenced', () => {
  it('cannot be closed by what it holds', () => {
    expect(fenced([added(1, '```` four')])).toBe('`````diff\n+```` four\n`````');
  });

  it('leaves the middle of a long quotation out', () => {
    const text = fenced(Array.from({ length: 100 }, (_, index) => added(index + 1, `line ${index + 1}`)));
    expect(text.split('\n')).toHaveLength(43);
    expect(text).toContain('… 60 more lines …');
    expect(text).toContain('+line 100');
  });
});

describe('promptOf', () => {
  it('is one comment without a number', () => {
    expect(promptOf([comment({})])).toBe(
      'I reviewed your changes and have a comment. Please see to it.\n\n' +
        'src/a.ts:12\n```diff\n+const a = 1;\n```\nWhy one?',
    );
  });

  it('numbers several, file by file', () => {
    const text = promptOf([
      comment({ text: 'first' }),
      comment({ path: 'b', text: 'second' }),
      comment({ text: ' third\n' }),
    ]);
    expect(text).toContain('have 3 comments');
    expect(text.match(/^\d\. .*$/gm)).toEqual(['1. src/a.ts:12', '2. src/a.ts:12', '3. b:12']);
    expect(text.endsWith('second')).toBe(true);
  });
});
