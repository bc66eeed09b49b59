// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { expect, it } from 'vitest';
import type { AccessToken } from '@/shared/api/admin';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { Tokens } from './Tokens';

withServer();

it('a token is shown once, and revoked', async () => {
  let tokens: AccessToken[] = [];
  answers('get', '/auth/tokens', () => ({ tokens }));
  answers('post', '/auth/tokens', ({ body }) => {
    const { name } = body as { name: string };
    tokens = [{ id: 'abc', name, created_at: '2026-11-20T10:00:00Z', last_used_at: null }];
    return { id: 'abc', token: 'ocweb_secret' };
  });
  answers('delete', '/auth/tokens/{id}', () => {
    tokens = [];
    return undefined;
  });
  const shown = render(<Tokens />);
  fireEvent.change(screen.getByLabelText('Name of the new token'), { target: { value: ' laptop ' } });
  fireEvent.click(screen.getByRole('button', { name: 'Make a token' }));
  expect((await screen.findByTestId('token-text')).textContent).toBe('ocweb_secret');
  expect((await screen.findByTestId('token')).textContent).toContain('laptopnever used');
  shown.unmount();
  render(<Tokens />);
  fireEvent.click(await screen.findByRole('button', { name: 'Revoke laptop' }));
  await expect.poll(() => screen.queryByTestId('token')).toBeNull();
  expect(document.body.innerHTML).not.toContain('ocweb_secret');
});
