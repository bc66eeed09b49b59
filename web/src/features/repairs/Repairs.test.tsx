// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { Repair } from '@/shared/upkeep';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { Repairs } from './Repairs';

withServer();

const repair: Repair = {
  id: 'msg_1',
  repo: 'demo/tally',
  trigger: 'start',
  at: '2026-11-21T17:00:00Z',
  found: ['An object was damaged.'],
  done: ['It was fetched again.'],
  lost: ['The file a.txt.'],
  aside: '/data/projects/aside/x',
  unfinished: false,
};

it('what was found, done and lost is said with its place, until it is put away', async () => {
  let repairs = [repair];
  answers('get', '/admin/repairs', () => ({ repairs }));
  answers('delete', '/admin/repairs/{id}', () => {
    repairs = [];
    return undefined;
  });
  render(<Repairs />);
  const notice = await screen.findByTestId('repair');
  for (const words of [...repair.found, ...repair.done, ...repair.lost, String(repair.aside)]) {
    expect(notice.textContent).toContain(words);
  }
  fireEvent.click(screen.getByRole('button', { name: 'Put away' }));
  await expect.poll(() => screen.queryByTestId('repair')).toBeNull();
});

it('of opencode’s database is said that it is', async () => {
  answers('get', '/admin/repairs', () => ({ repairs: [{ ...repair, repo: null }] }));
  render(<Repairs />);
  expect((await screen.findByTestId('repair')).textContent).toContain('opencode’s database');
});
