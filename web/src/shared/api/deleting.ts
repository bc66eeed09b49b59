/** Deleting chats, working copies and clones, and what is saved of them. Apart, because no page needs it at its start. */
import { parse, send, sendJson } from '@/shared/http';
import { repoPath } from './admin';
import type { Schema } from './schema';

/** Work that was saved before it was deleted. */
export type SavedWork = Schema<'SavedWork'>;

/** Saved work whose record cannot be read. */
export type UnreadableWork = Schema<'UnreadableWork'>;

const segment = encodeURIComponent;

/** How something is deleted: in spite of which reasons, as `acceptance` writes them, and whether without being saved first. */
export interface Terms {
  accepted: string;
  isUnsaved: boolean;
}

/** In spite of nothing. */
const untold: Terms = { accepted: '', isUnsaved: false };

/** Deletes something and answers what was saved of it before. */
async function deleted(path: string, { accepted, isUnsaved }: Terms): Promise<SavedWork[]> {
  const query = new URLSearchParams();
  if (accepted !== '') query.set('accept', accepted);
  if (isUnsaved) query.set('unsaved', 'true');
  const address = query.size === 0 ? path : `${path}?${query}`;
  // What is saved may be large.
  const response = await send(address, { method: 'DELETE', timeout: 600_000 });
  return response.status === 204 ? [] : (await parse<Schema<'Deletion'>>(response)).saved;
}

export const deleting = {
  repo: (repo: string, terms = untold) => deleted(`/admin/repos/${repoPath(repo)}`, terms),
  chat: (id: string, terms = untold) => deleted(`/admin/chats/${segment(id)}`, terms),
  worktree: (repo: string, chat: string, terms: Terms) =>
    deleted(`/admin/worktrees/${repoPath(repo)}/${segment(chat)}`, terms),
  savedWork: (signal?: AbortSignal) => sendJson<Schema<'SavedWorkList'>>('/admin/saved', { signal }),
  /** Clones the repository first where that is gone. */
  restore: (id: string) =>
    sendJson<Schema<'Restored'>>(`/admin/saved/${segment(id)}/restore`, {
      method: 'POST',
      body: {},
      timeout: 600_000,
    }),
  /** For good. */
  removeSaved: (id: string) => send(`/admin/saved/${segment(id)}`, { method: 'DELETE' }),
};
