import { describe, expect, it } from 'vitest';
import { isComplete, labels, nothingChosen, say, toggle } from './choice';

describe('a question with one answer', () => {
  it('is answered by the last option or words', () => {
    const tapped = toggle(toggle(nothingChosen, 'A', false), 'B', false);
    expect(labels(tapped)).toEqual(['B']);
    const typed = say(tapped, ' my own ', false);
    expect(labels(typed)).toEqual(['my own']);
    expect(labels(toggle(typed, 'A', false))).toEqual(['A']);
  });
});

describe('a question with several answers', () => {
  it('collects options and words, and takes an option back', () => {
    const both = toggle(toggle(nothingChosen, 'A', true), 'B', true);
    expect(labels(say(both, 'and C', true))).toEqual(['A', 'B', 'and C']);
    expect(labels(toggle(both, 'A', true))).toEqual(['B']);
  });
});

it('is not complete with nothing, nor with blanks', () => {
  expect(isComplete(nothingChosen)).toBe(false);
  expect(isComplete(say(nothingChosen, '  ', false))).toBe(false);
  expect(isComplete(say(nothingChosen, 'yes', false))).toBe(true);
});
