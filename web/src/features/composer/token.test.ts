import { describe, expect, it } from 'vitest';
import { replaceToken, tokenAt } from './token';

/** The text with `|` where the caret is. */
function at(marked: string) {
  return tokenAt(marked.replace('|', ''), marked.indexOf('|'));
}

describe('the token at the caret', () => {
  it.each([
    ['/|', 'command', '', 0, 1],
    ['/in|it', 'command', 'in', 0, 5],
    ['@|', 'mention', '', 0, 1],
    ['look at @src/a|.ts now', 'mention', 'src/a', 8, 17],
    ['one\n@two|', 'mention', 'two', 4, 8],
    ['/init @read|', 'mention', 'read', 6, 11],
  ])('%s', (marked, kind, query, start, end) => {
    expect(at(marked)).toEqual({ kind, query, start, end });
  });

  it.each(['|', '|@a', 'me@home|', 'see /etc|', '/init now|', '\n/init|', '!ls @a|', '@a |', '@ a|'])(
    'is none in %j',
    (marked) => {
      expect(at(marked)).toBeNull();
    },
  );

  it('is found quickly at the end of a long text', () => {
    const text = `${'x'.repeat(1_000_000)} @notes`;
    const started = performance.now();
    expect(tokenAt(text, text.length)?.query).toBe('notes');
    expect(tokenAt('x'.repeat(1_000_000), 1_000_000)).toBeNull();
    expect(performance.now() - started).toBeLessThan(50);
  });
});

it('what was chosen takes the place of the whole token, with one space behind', () => {
  const text = 'look at @re now';
  expect(replaceToken(text, { kind: 'mention', query: 're', start: 8, end: 11 }, '@README.md')).toEqual({
    text: 'look at @README.md now',
    caret: 19,
  });
  expect(replaceToken('/i', { kind: 'command', query: 'i', start: 0, end: 2 }, '/init')).toEqual({
    text: '/init ',
    caret: 6,
  });
});
