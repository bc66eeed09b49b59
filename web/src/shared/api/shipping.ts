/** What is done with a chat's changes on the way to a pull request (`/admin/chats/{id}/commits`, `push`, `update`). */
import { queryOptions } from '@tanstack/react-query';
import { send, sendJson } from '@/shared/http';
import type { Schema } from './schema';

export type Authorship = Schema<'Authorship'>;
export type AuthorshipDocument = Schema<'AuthorshipDocument'>;
export type Person = Schema<'Person'>;
export type Proposal = Schema<'Proposal'>;
export type UpdateHow = Schema<'UpdateBody'>['how'];
/** What a branch gets: what its base has, or what others added to it at GitHub. */
export type UpdateFrom = NonNullable<Schema<'UpdateBody'>['from']>;

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

export function updateBranch(chat: string, how: UpdateHow, from: UpdateFrom): Promise<Schema<'UpdateDone'>> {
  const body: Schema<'UpdateBody'> = { how, from };
  return sendJson(at(chat, 'update'), { method: 'POST', body, timeout: patience });
}

/** Has a chat's work belong to another branch than the one that it began at. */
export async function setBase(chat: string, base: string): Promise<void> {
  const body: Schema<'BaseBody'> = { base };
  await send(at(chat, 'base'), { method: 'PUT', body, timeout: patience });
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
