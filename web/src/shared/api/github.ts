/** What the page asks of GitHub for a chat (`/admin/pull-requests`, `/admin/issues`). */
import { queryOptions } from '@tanstack/react-query';
import { send, sendJson } from '@/shared/http';
import type { Schema } from './schema';

export type PullRequest = Schema<'PullRequest'>;
export type NewPullRequest = Schema<'NewPullRequest'>;
export type PullRequestChange = Schema<'PullRequestChange'>;
export type Checks = Schema<'Checks'>;
export type Check = Schema<'Check'>;
export type CheckFailures = Schema<'CheckFailures'>;
export type CheckFailure = Schema<'CheckFailure'>;
export type Topic = Schema<'Topic'>;

/** How often an open pull request is asked for, in milliseconds: while GitHub works out whether it can be merged, and then. */
const soon = 4_000;
const nowAndThen = 30_000;

/** GitHub may take its time over several questions, in milliseconds. */
const patience = 60_000;

function at(repo: string, rest = ''): string {
  return `/admin/pull-requests/${repo.split('/').map(encodeURIComponent).join('/')}${rest}`;
}

export const github = {
  /** The open pull request of a branch, else its latest; null where it has none. */
  pullRequestOf: async (repo: string, branch: string, signal?: AbortSignal) =>
    (
      await sendJson<Schema<'PullRequestOfBranch'>>(at(repo, `?branch=${encodeURIComponent(branch)}`), {
        signal,
        timeout: patience,
      })
    ).pull_request,

  open: (repo: string, pull: NewPullRequest) =>
    sendJson<PullRequest>(at(repo), { method: 'POST', body: pull, timeout: patience }),

  change: (repo: string, number: number, change: PullRequestChange) =>
    sendJson<PullRequest>(at(repo, `/${number}`), { method: 'PATCH', body: change, timeout: patience }),

  checks: (repo: string, number: number, signal?: AbortSignal) =>
    sendJson<Checks>(at(repo, `/${number}/checks`), { signal, timeout: patience }),

  /** What the failed checks say: with their logs, so it takes a while. */
  failures: (repo: string, number: number) =>
    sendJson<CheckFailures>(at(repo, `/${number}/failures`), { timeout: 2 * patience }),

  deleteBranch: (repo: string, number: number) =>
    send(at(repo, `/${number}/branch`), { method: 'DELETE', timeout: patience }),

  /** An issue or a pull request, by its address or as `owner/name#7`. */
  topic: (address: string, signal?: AbortSignal) =>
    sendJson<Topic>(`/admin/issues?address=${encodeURIComponent(address)}`, { signal, timeout: patience }),
};

export const githubQueries = {
  /** Asked again while somebody looks: soon while GitHub works on it, now and then while it is open. */
  pullRequest: (repo: string, branch: string) =>
    queryOptions({
      queryKey: ['pull-request', repo, branch],
      queryFn: ({ signal }) => github.pullRequestOf(repo, branch, signal),
      staleTime: 10_000,
      refetchInterval: ({ state: { data } }) => {
        if (!data || !isOpen(data)) return false;
        return data.mergeable === 'unknown' ? soon : nowAndThen;
      },
    }),

  checks: (repo: string, number: number) =>
    queryOptions({
      queryKey: ['checks', repo, number],
      queryFn: ({ signal }) => github.checks(repo, number, signal),
      staleTime: 5_000,
      refetchInterval: ({ state }) =>
        state.data?.checks.some(({ state: each }) => each === 'running' || each === 'waiting')
          ? 10_000
          : 30_000,
    }),

  topic: (address: string) =>
    queryOptions({
      queryKey: ['topic', address],
      queryFn: ({ signal }) => github.topic(address, signal),
      staleTime: 60_000,
    }),
};

export function isOpen({ state }: PullRequest): boolean {
  return state === 'open' || state === 'draft';
}
