import { expect, it } from 'vitest';
import { findRows, settingsRows } from './settingsRows';

const titles = (query: string) => findRows(settingsRows, query).map(({ title }) => title);

it('finds rows by title, note and other words for it', () => {
  expect(titles('')).toHaveLength(settingsRows.length);
  expect(titles('FONT')).toContain('Appearance');
  expect(titles('log out')).toContain('Logins and tokens');
  expect(titles('quiet ntfy')).toEqual(['Notifications']);
  expect(titles('quiet nonsense')).toEqual([]);
});
