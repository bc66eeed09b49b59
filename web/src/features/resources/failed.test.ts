import { expect, it } from 'vitest';
import type { Service } from '@/shared/api/admin';
import { askEvery, failuresOf } from './failed';

const service = (name: string, state: Service['state']) => ({ name, state }) as Service;

it('names what failed for good, and nothing that may come back by itself', () => {
  const states = ['starting', 'running', 'unresponsive', 'restarting', 'stopping', 'stopped'] as const;
  expect(failuresOf(states.map((state) => service('notifier', state)))).toEqual([]);
  expect(
    failuresOf([service('auth', 'running'), service('notifier', 'failed'), service('other', 'failed')]),
  ).toEqual([
    { name: 'notifier', words: 'The notifications do not start: nobody is told of anything.' },
    { name: 'other', words: 'other does not start.' },
  ]);
});

it('asks seldom while all is well', () => {
  expect(askEvery(false)).toBe(60_000);
  expect(askEvery(true)).toBeLessThan(60_000);
});
