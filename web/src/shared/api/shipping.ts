/** What is done with a chat's changes on the way to a pull request (`/admin/chats/{id}/commits`, `push`, `update`). */
import { queryOptions } from '@tanstack/react-query';
import { RequestError, send, sendJson } from '@/shared/http';
import type { Schema } from './schema';

export type Authorship = Schema<'Authorship'>;
export type AuthorshipDocument = Schema<'AuthorshipDocument'>;
export type Person = Schema<'Person'>;
export type Proposal = Schema<'Proposal'>;
export type UpdateHow = Schema<'UpdateBody'>['how'];

/** A hook may test the whole of a repository, and a push may be large; in milliseconds. */
const patience = 600_000;
/** The server gives up sooner. */
const proposing = 90_000;

const at = (chat: string, what: string) => `/admin/chats/${encodeURIComponent(chat)}/${what}`;

export function commitChanges(chat: string, commit: Schema<'CommitRequest'>): Promise<Schema<'Committed'>> {
  return sendJson(at(chat, 'commits'), { method: 'POST', body: commit, timeout: patience });
}

/** `replacing`: the commit of the branch at GitHub that may be lost. */
export function pushBranch(chat: string, replacing?: string): Promise<Schema<'Pushed'>> {
  const body: Schema<'PushBody'> = replacing === undefined ? {} : { replacing };
  return sendJson(at(chat, 'push'), { method: 'POST', body, timeout: patience });
}

export function updateFromBase(chat: string, how: UpdateHow): Promise<Schema<'UpdateDone'>> {
  return sendJson(at(chat, 'update'), { method: 'POST', body: { how }, timeout: patience });
}

export async function abortUpdate(chat: string): Promise<void> {
  await send(at(chat, 'update'), { method: 'DELETE' });
}

/** `kind`: what is to be written. `files`: about these alone. */
export function propose(
  chat: string,
  kind: 'commit' | 'pull_request',
  files: readonly string[] | null,
  signal?: AbortSignal,
): Promise<Proposal> {
  const body = files === null ? {} : { files };
  return sendJson(at(chat, `proposals/${kind}`), { method: 'POST', body, timeout: proposing, signal });
}

export const proposeCommit = (chat: string, files: readonly string[] | null, signal?: AbortSignal) =>
  propose(chat, 'commit', files, signal);

export const shippingQueries = {
  authorship: () =>
    queryOptions({
      queryKey: ['authorship'],
      queryFn: ({ signal }) => sendJson<AuthorshipDocument>('/admin/chats/authorship', { signal }),
    }),
};

export async function changeAuthorship(authorship: Authorship): Promise<void> {
  await send('/admin/chats/authorship', { method: 'PUT', body: authorship });
}

/** What git, a hook or GitHub said when it refused; empty where nothing was said. */
export function saidBy(error: unknown): string {
  const problem = error instanceof RequestError ? error.problem : null;
  const said = typeof problem === 'object' && problem !== null && 'said' in problem ? problem.said : '';
  return typeof said === 'string' ? said : '';
}
