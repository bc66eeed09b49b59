// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { AccessToken } from '@/shared/api/admin';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { Tokens } from './Tokens';

withServer();

const kept: AccessToken = {
  id: 'abc',
  name: 'laptop',
  scope: 'attach',
  created_at: '2026-11-20T10:00:00Z',
  last_used_at: null,
  expires_at: null,
  expired: false,
};

/** Plays the server: what is made is listed. Answers what was asked for. */
function makes(): unknown[] {
  let tokens: AccessToken[] = [];
  const wanted: unknown[] = [];
  answers('get', '/auth/tokens', () => ({ tokens }));
  answers('post', '/auth/tokens', ({ body }) => {
    const { name, scope, expires } = body as { name: string; scope: AccessToken['scope']; expires: string };
    wanted.push(body);
    const expires_at = expires === 'never' ? null : '2999-01-01T00:00:00Z';
    tokens = [{ ...kept, name, scope, expires_at }];
    return { id: 'abc', token: 'ocweb_secret', scope, expires_at };
  });
  answers('delete', '/auth/tokens/{id}', () => {
    tokens = [];
    return undefined;
  });
  return wanted;
}

it('a token is shown once, and revoked', async () => {
  const wanted = makes();
  const shown = render(<Tokens />);
  fireEvent.change(screen.getByLabelText('Name of the new token'), { target: { value: ' laptop ' } });
  fireEvent.click(screen.getByRole('button', { name: 'Make a token' }));
  expect((await screen.findByTestId('token-text')).textContent).toBe('ocweb_secret');
  expect((await screen.findByTestId('token')).textContent).toContain('laptopattach · never used · ends in ');
  expect(wanted).toEqual([{ name: 'laptop', scope: 'attach', expires: '90d' }]);
  expect(screen.getByRole('status').textContent).toContain('opencode attach http');
  expect(screen.getByRole('status').textContent).toContain('anything, until it ends or you revoke it.');
  shown.unmount();
  render(<Tokens />);
  fireEvent.click(await screen.findByRole('button', { name: 'Revoke laptop' }));
  await expect.poll(() => screen.queryByTestId('token')).toBeNull();
  expect(document.body.innerHTML).not.toContain('ocweb_secret');
});

it('what a token is good for and how long it lasts is chosen', async () => {
  const wanted = makes();
  render(<Tokens />);
  fireEvent.change(screen.getByLabelText('Name of the new token'), { target: { value: 'prometheus' } });
  fireEvent.change(screen.getByLabelText('What it is good for'), { target: { value: 'metrics' } });
  fireEvent.change(screen.getByLabelText('How long it lasts'), { target: { value: 'never' } });
  fireEvent.click(screen.getByRole('button', { name: 'Make a token' }));
  await screen.findByTestId('token-text');
  expect(wanted).toEqual([{ name: 'prometheus', scope: 'metrics', expires: 'never' }]);
  const notice = screen.getByRole('status').textContent;
  expect(notice).toContain('can read /admin/metrics, until you revoke it.');
  expect(notice).not.toContain('opencode attach');
  fireEvent.click(screen.getByRole('button', { name: 'Revoke prometheus' }));
  await expect.poll(() => screen.queryByTestId('token-text')).toBeNull();
});
