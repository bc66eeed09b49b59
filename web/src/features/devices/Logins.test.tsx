// @vitest-environment happy-dom
import { fireEvent, screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { LoginSession } from '@/shared/api/admin';
import { render } from '@/testing/render';
import { answers, refuses, withServer } from '@/testing/server';
import { Logins } from './Logins';

withServer();

function login(id: string, more: Partial<LoginSession> = {}): LoginSession {
  return {
    id,
    created_at: '2026-11-20T10:00:00Z',
    last_seen_at: '2026-11-21T10:00:00Z',
    expires_at: '2026-12-20T10:00:00Z',
    user_agent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)',
    address: '192.0.2.7',
    current: false,
    ...more,
  };
}

describe('the logins', () => {
  it('can be ended one by one, but for the one that looks', async () => {
    let sessions = [login('here', { current: true }), login('there')];
    answers('get', '/auth/sessions', () => ({ sessions }));
    answers('delete', '/auth/sessions/{id}', () => {
      sessions = sessions.slice(0, 1);
      return undefined;
    });
    render(<Logins unsent={[]} onLogOut={async () => undefined} />);
    const [here, there] = await screen.findAllByTestId('login-session');
    if (!here || !there) throw new Error('two logins are listed');
    expect(here.textContent).toContain('this device');
    expect(within(here).queryByRole('button')).toBeNull();
    fireEvent.click(within(there).getByRole('button', { name: 'log out' }));
    await expect.poll(() => screen.getAllByTestId('login-session').length).toBe(1);
  });

  it('say why one could not be ended, and stay', async () => {
    answers('get', '/auth/sessions', () => ({
      sessions: [login('here', { current: true }), login('there')],
    }));
    refuses('delete', '/auth/sessions/{id}', {
      status: 507,
      title: 'No space left',
      detail: 'The volume is full: free some space and try again.',
    });
    render(<Logins unsent={[]} onLogOut={async () => undefined} />);
    fireEvent.click(await screen.findByRole('button', { name: 'log out' }));
    expect((await screen.findByRole('alert')).textContent).toContain('The volume is full');
    expect(screen.getAllByTestId('login-session').length).toBe(2);
  });
});

describe('logging out', () => {
  async function show(unsent: string[], onLogOut: () => Promise<void>) {
    answers('get', '/auth/sessions', () => ({ sessions: [login('here', { current: true })] }));
    render(<Logins unsent={unsent} onLogOut={onLogOut} />);
    await screen.findByTestId('login-session');
  }
  const tap = (name: string) => fireEvent.click(screen.getByRole('button', { name }));

  it('is done at once where nothing is lost by it', async () => {
    let times = 0;
    await show([], async () => void times++);
    tap('Log out');
    await expect.poll(() => times).toBe(1);
  });

  it('says what is lost, and can be left alone', async () => {
    let times = 0;
    await show(['2 prompts not sent yet'], async () => void times++);
    tap('Log out');
    expect(screen.getByRole('listitem').textContent).toBe('2 prompts not sent yet');
    tap('Stay');
    expect(screen.queryByRole('listitem')).toBeNull();
    expect(times).toBe(0);
    tap('Log out');
    tap('Log out and lose it');
    await expect.poll(() => times).toBe(1);
  });

  it('says why it was not done', async () => {
    await show([], () => Promise.reject(new Error('The server cannot be reached.')));
    tap('Log out');
    expect((await screen.findByRole('alert')).textContent).toContain('cannot be reached');
    expect(screen.getByRole('button', { name: 'Log out' })).toBeTruthy();
  });
});
