/** What more than one page asks our services for. The keys are here so that a change can call for a fresh answer. */
import { queryOptions } from '@tanstack/react-query';
import { recallJson, remember } from '@/shared/storage';
import { admin, auth, type Instance } from './admin';
import { type Against, git, type SearchIn } from './git';
import { opencode } from './opencode';
import { relay } from './relay';

const instanceKey = 'instance';

function lastInstance(): Instance | undefined {
  return (recallJson(instanceKey) as Instance | null) ?? undefined;
}

export const queries = {
  instance: () =>
    queryOptions({
      queryKey: ['instance'],
      queryFn: async ({ signal }) => {
        const instance = await admin.instance(signal);
        remember(instanceKey, JSON.stringify(instance));
        return instance;
      },
      // As it was last: what is at the top of the page is there at once, and without a network.
      initialData: lastInstance,
      initialDataUpdatedAt: 0,
      staleTime: 300_000,
    }),

  services: () => queryOptions({ queryKey: ['services'], queryFn: ({ signal }) => admin.services(signal) }),

  relaySettings: () =>
    queryOptions({ queryKey: ['relay-settings'], queryFn: ({ signal }) => relay.settings(signal) }),

  repos: () =>
    queryOptions({
      queryKey: ['repos'],
      queryFn: ({ signal }) => admin.repos(signal),
      refetchInterval: ({ state }) =>
        state.data?.some(({ state, progress }) => state === 'cloning' || progress !== null) ? 1_000 : false,
    }),

  githubRepos: () =>
    queryOptions({
      queryKey: ['github'],
      queryFn: ({ signal }) => admin.githubRepos(false, signal),
      staleTime: 300_000,
    }),

  branches: (repo: string) =>
    queryOptions({ queryKey: ['branches', repo], queryFn: ({ signal }) => admin.branches(repo, signal) }),

  pushRules: (repo: string) =>
    queryOptions({ queryKey: ['push-rules', repo], queryFn: ({ signal }) => admin.pushRules(repo, signal) }),

  session: (session: string) =>
    queryOptions({
      queryKey: ['session', session],
      queryFn: ({ signal }) => opencode.session(session, signal),
    }),

  todos: (session: string, directory: string) =>
    queryOptions({
      queryKey: ['todos', session],
      queryFn: ({ signal }) => opencode.todos(session, directory, signal),
    }),

  models: (directory: string | undefined) =>
    queryOptions({
      queryKey: ['models', directory ?? ''],
      queryFn: ({ signal }) => relay.models(directory, signal),
      staleTime: 300_000,
    }),

  catalogue: () =>
    queryOptions({
      queryKey: ['catalogue'],
      queryFn: ({ signal }) => relay.catalogue(signal),
      staleTime: 30_000,
    }),

  providerLogins: () =>
    queryOptions({
      queryKey: ['provider-logins'],
      queryFn: ({ signal }) => opencode.providerLogins(signal),
      staleTime: 300_000,
    }),

  servers: () => queryOptions({ queryKey: ['mcp'], queryFn: ({ signal }) => opencode.servers(signal) }),

  permissionSettings: () =>
    queryOptions({
      queryKey: ['permission-settings'],
      queryFn: ({ signal }) => admin.permissionSettings(signal),
    }),

  tokens: () => queryOptions({ queryKey: ['tokens'], queryFn: ({ signal }) => auth.tokens(signal) }),

  agents: (directory: string | undefined) =>
    queryOptions({
      queryKey: ['agents', directory ?? ''],
      queryFn: ({ signal }) => opencode.agents(directory, signal),
      staleTime: 300_000,
    }),

  commands: (directory: string | undefined) =>
    queryOptions({
      queryKey: ['commands', directory ?? ''],
      queryFn: ({ signal }) => opencode.commands(directory, signal),
      staleTime: 300_000,
    }),

  /** Of all chats. What git tells of one chat begins with `worktree` and its id, so that all of it is asked for anew at once. */
  gitStats: () =>
    queryOptions({
      queryKey: ['git-stats'],
      queryFn: async ({ client, queryKey, signal }) => {
        // Nothing to show yet: what was measured last, until every working copy has been looked at.
        if (client.getQueryData(queryKey) === undefined) {
          client.setQueryData(queryKey, await git.knownStats(signal), { updatedAt: 0 });
        }
        return git.stats(signal);
      },
    }),

  gitStat: (chat: string) =>
    queryOptions({ queryKey: ['worktree', chat, 'stat'], queryFn: ({ signal }) => git.stat(chat, signal) }),

  diff: (chat: string, against: Against) =>
    queryOptions({
      queryKey: ['worktree', chat, 'diff', against],
      queryFn: ({ signal }) => git.diff(chat, against, signal),
    }),

  log: (chat: string, limit: number) =>
    queryOptions({
      queryKey: ['worktree', chat, 'log', limit],
      queryFn: ({ signal }) => git.log(chat, limit, signal),
    }),

  folder: (chat: string, path: string) =>
    queryOptions({
      queryKey: ['worktree', chat, 'folder', path],
      queryFn: ({ signal }) => git.folder(chat, path, signal),
    }),

  file: (chat: string, path: string) =>
    queryOptions({
      queryKey: ['worktree', chat, 'file', path],
      queryFn: ({ signal }) => git.file(chat, path, signal),
    }),

  search: (chat: string, query: string, searchIn: SearchIn) =>
    queryOptions({
      queryKey: ['worktree', chat, 'search', searchIn, query],
      queryFn: ({ signal }) => git.search(chat, query, searchIn, signal),
    }),

  terminals: (directory: string) =>
    queryOptions({
      queryKey: ['terminals', directory],
      queryFn: ({ signal }) => opencode.terminals(directory, signal),
    }),
};
