import { describe, expect, it } from 'vitest';
import { parsePatch } from '@/shared/diff/patch';
import { quote, type ReviewComment } from './comment';
import { placeComments, withoutFile } from './placed';

const lines = parsePatch('@@ -1,2 +1,2 @@\n one\n-two\n+zwei\n');
const comment = (change: Partial<ReviewComment>): ReviewComment => ({
  id: '1',
  path: 'a',
  view: 'base',
  lines: quote(lines, { first: 1, last: 2 }),
  text: 'why?',
  ...change,
});

describe('placeComments', () => {
  it('puts a comment below its last line', () => {
    const { below, outdated } = placeComments([comment({})], 'a', lines, 'base');
    expect([...below.keys()]).toEqual([2]);
    expect(outdated).toEqual([]);
  });

  it('tells the deleted line from the added one', () => {
    const onDeleted = comment({ lines: quote(lines, { first: 1, last: 1 }) });
    expect([...placeComments([onDeleted], 'a', lines, 'base').below.keys()]).toEqual([1]);
  });

  it('keeps what has lost its lines, but only where it was written', () => {
    const lost = comment({ lines: [{ kind: 'added', after: 2, text: 'gone' }] });
    expect(placeComments([lost], 'a', lines, 'base').outdated).toEqual([lost]);
    expect(placeComments([lost], 'a', lines, 'head').outdated).toEqual([]);
  });

  it('leaves other files and other commits alone', () => {
    const others = [comment({ path: 'b' }), comment({ view: '1a2b' })];
    expect(placeComments(others, 'a', lines, 'base')).toEqual({ below: new Map(), outdated: [] });
  });
});

it('finds comments whose file is not changed any more', () => {
  const [gone, here, elsewhere] = [
    comment({ path: 'gone' }),
    comment({}),
    comment({ view: 'head', path: 'x' }),
  ];
  expect(withoutFile([gone, here, elsewhere], ['a'], 'base')).toEqual([gone]);
});
