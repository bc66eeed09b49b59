/**
 * Setting up working copies, repairs and checks: calls and questions of git-manager that nothing needs before the first
 * prompt can be typed, so they are in none of the modules of `shared/api`.
 */
import { queryOptions } from '@tanstack/react-query';
import type { Schema } from '@/shared/api/schema';
import { send, sendJson } from '@/shared/http';

export type Setup = Schema<'Setup'>;
export type SetupSettings = Schema<'SetupSettings'>;
export type RepositorySetup = Schema<'RepositorySetup'>;
export type Repair = Schema<'Repair'>;
export type Check = Schema<'CloneCheck'>;

const of = (repo: string, what: string) =>
  `/admin/repos/${repo.split('/').map(encodeURIComponent).join('/')}/${what}`;
const ofChat = (chat: string, what: string) => `/admin/chats/${encodeURIComponent(chat)}/${what}`;

export const upkeep = {
  changeSetup: (repo: string, settings: SetupSettings) =>
    send(of(repo, 'setup'), { method: 'PUT', body: settings }),
  skipSetup: (chat: string) => send(ofChat(chat, 'setup/skip'), { method: 'POST', body: {} }),
  putRepairAway: (id: string) => send(`/admin/repairs/${encodeURIComponent(id)}`, { method: 'DELETE' }),
  beginCheck: (repo: string) => send(of(repo, 'check'), { method: 'POST', body: {} }),
};

const whileRunning = (state: string | undefined) => (state === 'running' ? 1_000 : false);

export const upkeepQueries = {
  /** What is done to each new working copy of a repository. */
  repositorySetup: (repo: string) =>
    queryOptions({
      queryKey: ['repository-setup', repo],
      queryFn: ({ signal }) => sendJson<RepositorySetup>(of(repo, 'setup'), { signal }),
    }),

  /** How a chat's working copy was set up; `null` where nothing was to be done. */
  setup: (chat: string) =>
    queryOptions({
      queryKey: ['setup', chat],
      queryFn: async ({ signal }) =>
        (await sendJson<{ setup: Setup | null }>(ofChat(chat, 'setup'), { signal })).setup,
      refetchInterval: ({ state }) => whileRunning(state.data?.state),
    }),

  /** What was repaired and not put away yet. */
  repairs: () =>
    queryOptions({
      queryKey: ['repairs'],
      queryFn: async ({ signal }) =>
        (await sendJson<{ repairs: Repair[] }>('/admin/repairs', { signal })).repairs,
      refetchInterval: 300_000,
      staleTime: 60_000,
    }),

  /** The last check of a clone since git-manager started. */
  check: (repo: string) =>
    queryOptions({
      queryKey: ['check', repo],
      queryFn: async ({ signal }) =>
        (await sendJson<{ check: Check | null }>(of(repo, 'check'), { signal })).check,
      refetchInterval: ({ state }) => whileRunning(state.data?.state),
    }),
};
