import { expect, it } from 'vitest';
import { rank } from './fuzzy';

const names = ['review', 'init', 'git/commit', 'commit', 'comment', 'summarise'];
const best = (query: string) => rank(query, names, (name) => name);

it('nothing typed leaves everything in its order', () => expect(best('')).toEqual(names));
it('what is typed in full comes first', () => expect(best('commit')).toEqual(['commit', 'git/commit']));
it('a beginning is better than a middle', () =>
  expect(best('com')).toEqual(['commit', 'comment', 'git/commit']));
it('letters may be left out', () => expect(best('cmt')).toContain('commit'));
it('beginnings of words count', () => expect(best('gc')[0]).toBe('git/commit'));
it('small and capital letters are the same', () => expect(best('INIT')).toEqual(['init']));
it('what does not fit is left out', () => expect(best('xyz')).toEqual([]));
