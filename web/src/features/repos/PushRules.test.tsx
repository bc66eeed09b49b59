// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { PushRules as Rules } from '@/shared/api/admin';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { PushRules } from './PushRules';

withServer();

/** A repository with such rules; what it is told, in order. */
function repository(rules: Rules): unknown[] {
  const told: unknown[] = [];
  const repo = { name: 'demo/hello-web', state: 'ready', default_branch: 'main' } as const;
  answers('get', '/admin/repos', () => ({ repos: [repo as never] }));
  answers('get', '/admin/push-rules/{owner}/{name}', () => rules);
  answers('put', '/admin/push-rules/{owner}/{name}', ({ body, url }) => {
    told.push([url.pathname, body]);
    return undefined;
  });
  return told;
}

const allowed = (name: string) => screen.getByRole('switch', { name }).getAttribute('aria-checked');

it('nothing besides the own branch is allowed until a switch says so', async () => {
  const told = repository({ branches: [], tags: false });
  render(<PushRules repo="demo/hello-web" />);
  fireEvent.click(await screen.findByRole('switch', { name: 'Push to main' }));
  const path = '/admin/push-rules/demo/hello-web';
  await expect.poll(() => told).toEqual([[path, { branches: ['main'], tags: false }]]);
  await expect.poll(() => allowed('Push to main')).toBe('true');
  fireEvent.click(screen.getByRole('switch', { name: 'Push tags' }));
  await expect.poll(() => told.at(-1)).toEqual([path, { branches: ['main'], tags: true }]);
  await expect.poll(() => allowed('Push tags')).toBe('true');
  fireEvent.click(screen.getByRole('switch', { name: 'Push to main' }));
  await expect.poll(() => told.at(-1)).toEqual([path, { branches: [], tags: true }]);
});

it('another branch that is allowed is shown, and kept', async () => {
  const told = repository({ branches: ['release'], tags: false });
  render(<PushRules repo="demo/hello-web" />);
  await screen.findByRole('switch', { name: 'Push to main' });
  expect([allowed('Push to main'), allowed('Push to release')]).toEqual(['false', 'true']);
  fireEvent.click(screen.getByRole('switch', { name: 'Push to main' }));
  await expect.poll(() => told.length).toBe(1);
  expect(told).toMatchObject([[expect.anything(), { branches: ['release', 'main'] }]]);
});

it('what could not be changed stays, and says why', async () => {
  repository({ branches: [], tags: false });
  refuses('put', '/admin/push-rules/{owner}/{name}', {
    status: 507,
    title: 'Full',
    detail: 'The disk is full.',
  });
  render(<PushRules repo="demo/hello-web" />);
  fireEvent.click(await screen.findByRole('switch', { name: 'Push tags' }));
  expect((await screen.findByRole('alert')).textContent).toContain('The disk is full.');
  expect(allowed('Push tags')).toBe('false');
});

it('a default branch that is not known is said to be missing, and asked for again', async () => {
  repository({ branches: [], tags: false });
  refuses('get', '/admin/repos', { status: 500, title: 'Broken', detail: 'It is broken.' });
  render(<PushRules repo="demo/hello-web" />);
  expect((await screen.findByRole('alert')).textContent).toContain('default branch could not be loaded');
  expect(screen.queryByRole('switch', { name: 'Push to main' })).toBeNull();
  repository({ branches: [], tags: false });
  fireEvent.click(screen.getByRole('button', { name: 'Retry' }));
  await screen.findByRole('switch', { name: 'Push to main' });
});
