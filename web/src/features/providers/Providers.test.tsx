// @vitest-environment happy-dom
import { fireEvent, screen, within } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { describe, expect, it } from 'vitest';
import type { CatalogueProvider } from '@/shared/api/relay';
import { diagnostics } from '@/shared/diagnostics';
import { render } from '@/testing/render';
import { answers, opencodeAnswers, server, withServer } from '@/testing/server';
import { begunLogin, forgetBegun, keepBegun } from './begunLogin';
import { Providers } from './Providers';

withServer();

function provider(id: string, more: Partial<CatalogueProvider> = {}): CatalogueProvider {
  return { id, name: `The ${id}`, env: ['A_KEY'], connected: false, origin: null, models: 3, ...more };
}

/** What opencode was told, with the address. */
function listenTo(method: 'put' | 'delete', path: string): string[] {
  const told: string[] = [];
  server.use(
    http[method](`*${path}`, async ({ request }) => {
      told.push(await request.text());
      return HttpResponse.json(true);
    }),
  );
  return told;
}

describe('providers', () => {
  it('are connected by a key, which nothing here keeps', async () => {
    let connected = false;
    answers('get', '/admin/providers', () => ({
      providers: [provider('demo', connected ? { connected, origin: 'key' } : {})],
    }));
    answers('post', '/admin/providers', () => ({ waiting: 1 }));
    opencodeAnswers('get', '/provider/auth', {});
    const told = listenTo('put', '/auth/demo');
    render(<Providers />);
    fireEvent.click(await screen.findByText('The demo'));
    const input = await screen.findByLabelText('API key');
    expect(input.getAttribute('type')).toBe('password');
    fireEvent.change(input, { target: { value: ' sk-secret ' } });
    fireEvent.click(screen.getByRole('button', { name: 'Show the key' }));
    expect(input.getAttribute('type')).toBe('text');
    connected = true;
    fireEvent.click(screen.getByRole('button', { name: 'Connect' }));
    await expect.poll(() => screen.queryByText(/will not be interrupted/)).not.toBeNull();
    expect(told).toEqual([JSON.stringify({ type: 'api', key: 'sk-secret' })]);
    await expect.poll(() => screen.getByTestId('provider').dataset.connected).toBe('true');
    const kept = JSON.stringify([diagnostics.requests.all(), Object.values(localStorage)]);
    expect(kept).toContain('/auth/demo');
    expect(kept).not.toContain('sk-secret');
    expect(document.body.innerHTML).not.toContain('sk-secret');
  });

  it('are disconnected, but for those that the environment connects', async () => {
    answers('get', '/admin/providers', () => ({
      providers: [
        provider('ours', { connected: true, origin: 'key' }),
        provider('given', { connected: true, origin: 'environment', env: ['GIVEN_KEY'] }),
      ],
    }));
    answers('post', '/admin/providers', () => ({ waiting: 0 }));
    const told = listenTo('delete', '/auth/ours');
    render(<Providers />);
    fireEvent.click(await screen.findByText('The given'));
    const given = await screen.findByRole('dialog', { name: 'The given' });
    expect(given.textContent).toContain('from the environment (GIVEN_KEY)');
    expect(within(given).queryByRole('button', { name: 'Disconnect' })).toBeNull();
    fireEvent.click(within(given).getByRole('button', { name: 'Close' }));
    fireEvent.click(screen.getByText('The ours'));
    fireEvent.click(await screen.findByRole('button', { name: 'Disconnect' }));
    await expect.poll(() => told.length).toBe(1);
    await screen.findByText(/The ours is disconnected/);
  });

  it('are connected anew with another key, and that is what is said', async () => {
    answers('get', '/admin/providers', () => ({
      providers: [provider('ours', { connected: true, origin: 'key' })],
    }));
    answers('post', '/admin/providers', () => ({ waiting: 0 }));
    opencodeAnswers('get', '/provider/auth', {});
    const told = listenTo('put', '/auth/ours');
    render(<Providers />);
    fireEvent.click(await screen.findByText('The ours'));
    fireEvent.click(await screen.findByRole('button', { name: 'Connect in another way' }));
    fireEvent.change(await screen.findByLabelText('API key'), { target: { value: 'sk-new' } });
    fireEvent.click(screen.getByRole('button', { name: 'Connect' }));
    await screen.findByText(/The ours is connected anew/);
    expect(told).toHaveLength(1);
  });

  it('go on with a login that was begun before the page was ended, or say to begin again', async () => {
    answers('get', '/admin/providers', () => ({ providers: [provider('demo')] }));
    answers('post', '/admin/providers', () => ({ waiting: 0 }));
    opencodeAnswers('get', '/provider/auth', { demo: [{ type: 'oauth', label: 'In the browser' }] });
    const authorization = {
      url: 'https://provider.example/',
      method: 'code',
      instructions: 'Paste it.',
    } as const;
    keepBegun({ provider: 'demo', index: 0, authorization, begun_at: Date.now() });
    let isKnown = false;
    server.use(
      http.post('*/provider/demo/oauth/callback', () =>
        isKnown ? HttpResponse.json(true) : HttpResponse.json({ name: 'Missing' }, { status: 400 }),
      ),
    );
    const { unmount } = render(<Providers />);
    fireEvent.change(await screen.findByLabelText('Code'), { target: { value: 'abc' } });
    fireEvent.click(screen.getByRole('button', { name: 'Connect' }));
    await screen.findByRole('alert');
    expect(screen.getByRole('button', { name: 'Begin again' })).toBeTruthy();
    unmount();
    isKnown = true;
    render(<Providers />);
    fireEvent.change(await screen.findByLabelText('Code'), { target: { value: 'abc' } });
    fireEvent.click(screen.getByRole('button', { name: 'Connect' }));
    await screen.findByText(/The demo is connected/);
    expect(begunLogin()).toBeNull();
  });

  it('do not go on with one that was begun long ago', () => {
    const authorization = { url: 'https://provider.example/', method: 'code', instructions: '' } as const;
    keepBegun({ provider: 'demo', index: 0, authorization, begun_at: Date.now() - 11 * 60_000 });
    expect(begunLogin()).toBeNull();
    localStorage.setItem('ocweb.begun-login', '{"provider":1}');
    expect(begunLogin()).toBeNull();
  });

  it('are logged in with by a code', async () => {
    forgetBegun();
    answers('get', '/admin/providers', () => ({ providers: [provider('demo')] }));
    answers('post', '/admin/providers', () => ({ waiting: 0 }));
    opencodeAnswers('get', '/provider/auth', {
      demo: [
        { type: 'oauth', label: 'In the browser' },
        { type: 'api', label: 'A key' },
      ],
    });
    opencodeAnswers('post', '/provider/demo/oauth/authorize', {
      url: 'https://provider.example/login?redirect_uri=http%3A%2F%2Flocalhost%3A1%2F',
      method: 'code',
      instructions: 'Paste what you see.',
    });
    const told: unknown[] = [];
    server.use(
      http.post('*/provider/demo/oauth/callback', async ({ request }) => {
        told.push(await request.json());
        return HttpResponse.json(true);
      }),
    );
    render(<Providers />);
    fireEvent.click(await screen.findByText('The demo'));
    fireEvent.click(await screen.findByText('In the browser'));
    fireEvent.click(await screen.findByRole('button', { name: 'In the browser' }));
    const link = await screen.findByRole('link');
    expect(link.getAttribute('href')).toContain('https://provider.example/login');
    expect(screen.getByText(/which this device cannot open/)).toBeTruthy();
    fireEvent.change(screen.getByLabelText('Code'), { target: { value: 'abc' } });
    fireEvent.click(screen.getByRole('button', { name: 'Connect' }));
    await expect.poll(() => told).toEqual([{ method: 0, code: 'abc' }]);
  });
});
