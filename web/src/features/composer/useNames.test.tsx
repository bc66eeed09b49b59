// @vitest-environment happy-dom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { server, withServer } from '@/testing/server';
import { useNames } from './useNames';

withServer();
beforeEach(() => void vi.useFakeTimers({ shouldAdvanceTime: true }));
afterEach(() => {
  vi.useRealTimers();
  localStorage.clear();
});

/** What opencode says when it is asked for commands: names, or null where it is away. */
let listed: (string[] | null)[] = [];
let asked = 0;
beforeEach(() => {
  asked = 0;
  server.use(
    http.get('*/command', () => {
      asked += 1;
      const names = listed.length > 1 ? listed.shift() : listed[0];
      if (!names) return HttpResponse.json({ title: 'Away' }, { status: 503 });
      return HttpResponse.json(names.map((name) => ({ name, template: '', hints: [] })));
    }),
  );
});

function open(repo: string) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return renderHook(() => useNames('', `/w/${repo}`, repo), {
    wrapper: ({ children }) => <QueryClientProvider client={client}>{children}</QueryClientProvider>,
  }).result;
}

it('a list that was never known is waited for, in sight', async () => {
  listed = [null, null, ['deploy']];
  const names = open('o/a');
  let told: unknown;
  const asking = names.current.ask('/deploy now').then((known) => {
    told = known;
  });
  await act(() => vi.advanceTimersByTimeAsync(400));
  expect(names.current.isAsking).toBe(true);
  await act(() => vi.advanceTimersByTimeAsync(2_000));
  await asking;
  expect(told).toEqual({ commands: ['deploy'], agents: [] });
  expect(asked).toBe(3);
  expect(names.current.isAsking).toBe(false);
});

it('what may be a command is not sent as a text when that cannot be found out', async () => {
  listed = [null];
  const names = open('o/a');
  const refused = expect(names.current.ask('/deploy')).rejects.toThrow(/begin with a space/);
  await act(() => vi.advanceTimersByTimeAsync(11_000));
  await refused;
  expect(await names.current.ask('deploy')).toEqual({ commands: [], agents: [] });
});

it('what was known last counts without a network, for its own repository', async () => {
  listed = [['deploy']];
  expect((await open('o/a').current.ask('/deploy')).commands).toEqual(['deploy']);
  listed = [['test']];
  expect((await open('o/b').current.ask('/test')).commands).toEqual(['test']);
  listed = [null];
  expect((await open('o/a').current.ask('/x')).commands).toEqual(['deploy']);
  expect((await open('o/b').current.ask('/x')).commands).toEqual(['test']);
});
