import { expect, it } from 'vitest';
import { argumentsOf, readable } from './arguments';

it('tells names and values, and leaves out what is empty', () => {
  expect(
    argumentsOf({ query: 'a b', tags: ['x', 'y'], limit: 3, deep: { a: 1 }, none: null, blank: '' }),
  ).toEqual([
    { name: 'query', value: 'a b' },
    { name: 'tags', value: 'x, y' },
    { name: 'limit', value: '3' },
    { name: 'deep', value: '{\n  "a": 1\n}' },
  ]);
});

it('makes JSON readable, and leaves everything else alone', () => {
  expect(readable('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(readable('[not json')).toBe('[not json');
  expect(readable('plain {"a":1}')).toBe('plain {"a":1}');
  expect(readable('{"a":1}\n{"b":2}')).toBe('{"a":1}\n{"b":2}');
});
