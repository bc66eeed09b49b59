// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { PermissionSettings } from '@/shared/api/admin';
import type { ChatView } from '@/shared/api/relay';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { DefaultPermissions } from './DefaultPermissions';
import { PermissionsSheet } from './PermissionsSheet';

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
  expect(screen.getByRole('radio', { checked: true }).textContent).toContain('It looks around by itself');
});

it('a chat shows what the server tells of it, also when another device changed it since', async () => {
  let told: unknown;
  answers('put', '/admin/chats/{id}/permissions', ({ body }) => {
    told = body;
    return undefined;
  });
  const of = (permissions: ChatView['permissions']) => (
    <PermissionsSheet chat={{ id: 'ses_1', permissions } as ChatView} onClose={() => undefined} />
  );
  const { rerender } = render(of('ask'));
  const chosen = () => screen.getByRole('radio', { checked: true }).textContent;
  fireEvent.click(screen.getByRole('radio', { name: /^Allow edits/ }));
  await expect.poll(() => told).toEqual({ permissions: 'edits' });
  rerender(of('edits'));
  await expect.poll(chosen).toContain('Allow edits');
  rerender(of('all'));
  expect(chosen()).toContain('Allow all');
  expect(screen.getByText(/mode plan edits no files/)).toBeTruthy();
});

it('a default that another device changed is seen without a reload', async () => {
  let settings: PermissionSettings = { default: 'ask' };
  answers('get', '/admin/chats/permissions', () => settings);
  render(<DefaultPermissions />);
  const chosen = () => screen.getByRole('radio', { checked: true }).textContent;
  await expect.poll(() => screen.queryAllByRole('radio').length).toBe(4);
  expect(chosen()).toMatch(/^.*Ask/);
  settings = { default: 'edits' };
  await expect.poll(chosen, { timeout: 20_000 }).toContain('Allow edits');
}, 30_000);
