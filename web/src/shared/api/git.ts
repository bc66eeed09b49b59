/** What is in a chat's working copy, as git tells it (`/admin/chats/{id}/…`): only read. */
import { sendJson } from '@/shared/http';
import type { Schema } from './schema';

export type GitStat = Schema<'GitStat'>;
export type Diff = Schema<'Diff'>;
export type FileChange = Schema<'Change'>;
export type ChangeStatus = FileChange['status'];
export type Commit = Schema<'Commit'>;
export type FolderEntry = Schema<'FileEntry'>;
export type WorktreeFile = Schema<'FileContent'>;
export type Match = Schema<'SearchMatch'>;

/** Everything since the chat began, what is not committed, or one commit by its id. */
export type Against = 'base' | 'head' | (string & {});

export type SearchIn = 'names' | 'text';

const segment = encodeURIComponent;

function at(chat: string, what: string, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `/admin/chats/${segment(chat)}/${what}${search === '' ? '' : `?${search}`}`;
}

/** Git may have much to compare, in milliseconds. */
const patience = 60_000;

export const git = {
  stats: async (signal?: AbortSignal) =>
    (await sendJson<Schema<'GitStatList'>>('/admin/chats/git', { signal, timeout: patience })).chats,

  /** As last measured, at once. */
  knownStats: async (signal?: AbortSignal) =>
    (await sendJson<Schema<'GitStatList'>>('/admin/chats/git?known=true', { signal })).chats,

  stat: (chat: string, signal?: AbortSignal) =>
    sendJson<GitStat>(at(chat, 'git'), { signal, timeout: patience }),

  diff: (chat: string, against: Against, signal?: AbortSignal) =>
    sendJson<Diff>(at(chat, 'diff', { against }), { signal, timeout: patience }),

  log: (chat: string, limit: number, signal?: AbortSignal) =>
    sendJson<Schema<'History'>>(at(chat, 'log', { limit: String(limit) }), { signal }),

  folder: (chat: string, path: string, signal?: AbortSignal) =>
    sendJson<Schema<'FileList'>>(at(chat, 'files', { path }), { signal }),

  file: (chat: string, path: string, signal?: AbortSignal) =>
    sendJson<WorktreeFile>(at(chat, 'file', { path }), { signal }),

  search: (chat: string, query: string, searchIn: SearchIn, signal?: AbortSignal) =>
    sendJson<Schema<'SearchMatches'>>(at(chat, 'search', { query, in: searchIn, limit: '50' }), {
      signal,
      timeout: patience,
    }),
};

/** The address of a file's bytes: an image to show, or anything to download. */
export function rawAddress(chat: string, path: string): string {
  return at(chat, 'raw', { path });
}
