// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { PermissionSettings } from '@/shared/api/admin';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { DefaultPermissions } from './DefaultPermissions';

withServer();

it('the default is kept by the server, and "all" only after its warning', async () => {
  const told: unknown[] = [];
  answers('get', '/admin/chats/permissions', (): PermissionSettings => ({ default: null }));
  answers('put', '/admin/chats/permissions', ({ body }) => {
    told.push(body);
    return undefined;
  });
  render(<DefaultPermissions />);
  const chosen = () => screen.getByRole('radio', { checked: true }).textContent;
  await expect.poll(() => screen.queryAllByRole('radio').length).toBe(4);
  expect(chosen()).toContain('As opencode is configured');
  fireEvent.click(screen.getByRole('radio', { name: /^Allow all/ }));
  expect(screen.getByRole('alert').textContent).toContain('runs any command with your rights');
  fireEvent.click(screen.getByRole('button', { name: 'Cancel' }));
  fireEvent.click(screen.getByRole('radio', { name: /^Allow edits/ }));
  await expect.poll(() => told).toEqual([{ default: 'edits' }]);
  await expect.poll(chosen).toContain('Allow edits');
  fireEvent.click(screen.getByRole('radio', { name: /^Allow all/ }));
  fireEvent.click(screen.getByRole('button', { name: 'Allow all' }));
  await expect.poll(() => told.at(-1)).toEqual({ default: 'all' });
});

it('what could not be changed stays, and says why', async () => {
  answers('get', '/admin/chats/permissions', (): PermissionSettings => ({ default: 'ask' }));
  refuses('put', '/admin/chats/permissions', { status: 507, title: 'Full', detail: 'The disk is full.' });
  render(<DefaultPermissions />);
  fireEvent.click(await screen.findByRole('radio', { name: /^Allow edits/ }));
  expect((await screen.findByRole('alert')).textContent).toContain('The disk is full.');
  expect(screen.getByRole('radio', { checked: true }).textContent).toContain('It reads by itself');
});
