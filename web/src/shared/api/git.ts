/** What is in a chat's working copy, as git tells it (`/admin/chats/{id}/…`): only read. */
import { sendJson } from '@/shared/http';

/** How far a chat's working copy is from where it began, in short. */
export interface GitStat {
  /** The chat's. */
  id: string;
  branch: string | null;
  base: string | null;
  /** Commits, against the base as last fetched. */
  ahead: number;
  behind: number;
  /** Of the working copy since it left the base, files that git does not know yet included. */
  files: number;
  additions: number;
  deletions: number;
  uncommitted_files: number;
  /** Files that could not be merged. */
  conflicts: number;
  state: 'clean' | 'changed' | 'conflicts';
  measured_at: string;
}

export type ChangeStatus = 'added' | 'modified' | 'deleted' | 'renamed' | 'untracked' | 'conflicted';

export interface FileChange {
  path: string;
  old_path: string | null;
  status: ChangeStatus;
  additions: number;
  deletions: number;
  binary: boolean;
  /** Hunks without git's header lines; null where there is no text to compare. */
  patch: string | null;
  /** Whether the patch was cut, as it is very long. */
  truncated: boolean;
}

export interface Diff {
  against: string;
  base: string | null;
  /** The commit that it begins from. */
  from: string | null;
  files: FileChange[];
  /** Whether files or patches were left out, as there is too much. */
  truncated: boolean;
}

/** Everything since the chat began, what is not committed, or one commit by its id. */
export type Against = 'base' | 'head' | (string & {});

export interface Commit {
  id: string;
  short_id: string;
  subject: string;
  body: string;
  author_name: string;
  author_email: string;
  committed_at: string;
  pushed: boolean;
}

export interface FolderEntry {
  name: string;
  path: string;
  kind: 'file' | 'folder' | 'link' | 'submodule';
  size_bytes: number | null;
  ignored: boolean;
}

export interface WorktreeFile {
  path: string;
  size_bytes: number;
  binary: boolean;
  text: string | null;
  truncated: boolean;
}

export interface Match {
  path: string;
  line: number | null;
  text: string | null;
}

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
    (await sendJson<{ chats: GitStat[] }>('/admin/chats/git', { signal, timeout: patience })).chats,

  stat: (chat: string, signal?: AbortSignal) =>
    sendJson<GitStat>(at(chat, 'git'), { signal, timeout: patience }),

  diff: (chat: string, against: Against, signal?: AbortSignal) =>
    sendJson<Diff>(at(chat, 'diff', { against }), { signal, timeout: patience }),

  log: (chat: string, limit: number, signal?: AbortSignal) =>
    sendJson<{ commits: Commit[]; more: boolean }>(at(chat, 'log', { limit: String(limit) }), { signal }),

  folder: (chat: string, path: string, signal?: AbortSignal) =>
    sendJson<{ path: string; entries: FolderEntry[] }>(at(chat, 'files', { path }), { signal }),

  file: (chat: string, path: string, signal?: AbortSignal) =>
    sendJson<WorktreeFile>(at(chat, 'file', { path }), { signal }),

  search: (chat: string, query: string, searchIn: SearchIn, signal?: AbortSignal) =>
    sendJson<{ matches: Match[]; truncated: boolean }>(
      at(chat, 'search', { query, in: searchIn, limit: '50' }),
      { signal, timeout: patience },
    ),
};

/** The address of a file's bytes: an image to show, or anything to download. */
export function rawAddress(chat: string, path: string): string {
  return at(chat, 'raw', { path });
}
