import { expect, it } from 'vitest';
import type { Provider } from '@/shared/api/opencode';
import { findModel, type Preferences, sectionsOf } from './models';

const model = (id: string, more = {}) => ({
  id,
  name: id.toUpperCase(),
  limit: { context: 200_000, output: 1 },
  cost: { input: 0.5, output: 1.5 },
  ...more,
});
const providers = [
  {
    id: 'one',
    name: 'One',
    models: { b: model('b', { variants: { low: {}, high: {} } }), a: model('a') },
  },
  { id: 'two', name: 'Two', models: { 'x/y': model('x/y', { cost: { input: 0, output: 0 } }) } },
] as unknown as Provider[];
const none: Preferences = { favourites: [], recent: [], hidden: [] };

const listed = (preferences: Partial<Preferences>, search = '') =>
  sectionsOf(providers, { ...none, ...preferences }, search).map(
    ({ title, rows }) => `${title}: ${rows.map(({ id }) => id).join(' ')}`,
  );

it('each provider has its models, by name', () => {
  expect(listed({})).toEqual(['One: one/a one/b', 'Two: two/x/y']);
});

it('favourites and recent ones come first, each once', () => {
  expect(listed({ favourites: ['two/x/y'], recent: ['two/x/y', 'one/b', 'gone/c'] })).toEqual([
    'favourites: two/x/y',
    'recent: one/b',
    'One: one/a one/b',
    'Two: two/x/y',
  ]);
});

it('hidden ones are only found', () => {
  expect(listed({ hidden: ['one/a', 'two/x/y'] })).toEqual(['One: one/b']);
  expect(listed({ hidden: ['one/a'], favourites: ['one/a'] }, 'one a')).toEqual(['One: one/a']);
  expect(listed({}, 'nothing like it')).toEqual([]);
});

it('a row says how much it holds and what it costs', () => {
  const rows = sectionsOf(providers, none, '').flatMap((section) => section.rows);
  expect(rows.map(({ note, variants }) => [note, variants])).toEqual([
    ['a · 200k context · $0.5 in, $1.5 out', []],
    ['b · 200k context · $0.5 in, $1.5 out', ['low', 'high']],
    ['x/y · 200k context · free', []],
  ]);
});

it('a model is found by its name, which may hold slashes', () => {
  expect(findModel(providers, 'two/x/y')?.name).toBe('X/Y');
  for (const name of [null, 'two', 'two/z', 'three/a']) expect(findModel(providers, name)).toBeNull();
});
