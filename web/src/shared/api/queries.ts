/** What more than one page asks our services for. The keys are here so that a change can call for a fresh answer. */
import { queryOptions } from '@tanstack/react-query';
import { admin } from './admin';
import { opencode } from './opencode';
import { relay } from './relay';

export const queries = {
  instance: () =>
    queryOptions({
      queryKey: ['instance'],
      queryFn: ({ signal }) => admin.instance(signal),
      staleTime: 300_000,
    }),

  services: () => queryOptions({ queryKey: ['services'], queryFn: ({ signal }) => admin.services(signal) }),

  relaySettings: () =>
    queryOptions({ queryKey: ['relay-settings'], queryFn: ({ signal }) => relay.settings(signal) }),

  repos: () =>
    queryOptions({
      queryKey: ['repos'],
      queryFn: ({ signal }) => admin.repos(signal),
      refetchInterval: ({ state }) => (state.data?.some((repo) => repo.state === 'cloning') ? 2_000 : false),
    }),

  githubRepos: () =>
    queryOptions({
      queryKey: ['github'],
      queryFn: ({ signal }) => admin.githubRepos(false, signal),
      staleTime: 300_000,
    }),

  branches: (repo: string) =>
    queryOptions({ queryKey: ['branches', repo], queryFn: ({ signal }) => admin.branches(repo, signal) }),

  providers: (directory: string | undefined) =>
    queryOptions({
      queryKey: ['providers', directory ?? ''],
      queryFn: ({ signal }) => opencode.providers(directory, signal),
      staleTime: 300_000,
    }),

  agents: (directory: string | undefined) =>
    queryOptions({
      queryKey: ['agents', directory ?? ''],
      queryFn: ({ signal }) => opencode.agents(directory, signal),
      staleTime: 300_000,
    }),

  branchDiff: (directory: string) =>
    queryOptions({
      queryKey: ['diff', directory, 'branch'],
      queryFn: ({ signal }) => opencode.diff(directory, 'branch', signal),
    }),

  workDiff: (directory: string) =>
    queryOptions({
      queryKey: ['diff', directory, 'git'],
      queryFn: ({ signal }) => opencode.diff(directory, 'git', signal),
    }),
};
