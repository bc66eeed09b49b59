import { expect, it } from 'vitest';
import type { OfferedModel, OfferedProvider } from '@/shared/api/relay';
import { findModel, type Preferences, sectionsOf } from './models';

const model = (id: string, more: Partial<OfferedModel> = {}): OfferedModel => ({
  id,
  name: id.toUpperCase(),
  context: 200_000,
  input_price: 0.5,
  output_price: 1.5,
  images: false,
  pdfs: false,
  variants: [],
  ...more,
});
const providers: OfferedProvider[] = [
  { id: 'one', name: 'One', models: [model('b', { variants: ['low', 'high'] }), model('a')] },
  { id: 'two', name: 'Two', models: [model('x/y', { input_price: 0, output_price: 0 })] },
];
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
  const unknown = { id: 'own', name: 'Own', models: [model('m', { context: 0, input_price: null })] };
  expect(sectionsOf([unknown], none, '')[0]?.rows[0]?.note).toBe('m');
});

it('a model is found by its name, which may hold slashes', () => {
  expect(findModel(providers, 'two/x/y')?.name).toBe('X/Y');
  for (const name of [null, 'two', 'two/z', 'three/a']) expect(findModel(providers, name)).toBeNull();
});
