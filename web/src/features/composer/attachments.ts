/** What is attached and not sent, by draft: kept in IndexedDB, as a phone may end the page at any moment. */
import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { database } from '@/shared/database';
import type { FileContent } from '@/shared/files';
import { noteKept } from '@/shared/keeping';

export interface Attachment extends FileContent {
  id: string;
  draft: string;
  /** In milliseconds since 1970. */
  added_at: number;
}

/** What one prompt takes. */
export const limits = { count: 20, bytes: 28_000_000 } as const;
/** What was attached and then forgotten about for so long is let go, in milliseconds. */
const longest = 30 * 24 * 3_600_000;

const databaseName = 'ocweb.drafts';
const storeName = 'attachments';
const run = database(databaseName, 1, { [storeName]: { keyPath: 'id' } });

/** By draft, in order. */
const useStore = create<Readonly<Record<string, readonly Attachment[]>>>(() => ({}));
const none: readonly Attachment[] = [];

/** Why no more can be attached; null when it can. */
export function refusal(attached: readonly FileContent[], added: readonly FileContent[]): string | null {
  const all = [...attached, ...added];
  if (all.length > limits.count) return `A prompt takes at most ${limits.count} files.`;
  const bytes = all.reduce((sum, file) => sum + file.bytes.byteLength, 0);
  return bytes > limits.bytes ? `A prompt takes at most ${limits.bytes / 1_000_000} MB of files.` : null;
}

let reading: Promise<void> | null = null;

/** Reads what is kept, once. A browser that keeps nothing has nothing attached. */
export function readAttachments(): Promise<void> {
  reading ??= read().catch(() => undefined);
  return reading;
}

async function read(): Promise<void> {
  const { result } = await run('readonly', (stores): IDBRequest<Attachment[]> => stores(storeName).getAll());
  const kept = result.filter((each) => isFresh(each) && !removed.has(each.id));
  const here = Object.values(useStore.getState()).flat();
  const all = [...kept, ...here.filter(({ id }) => unwritten.has(id))];
  const byDraft: Record<string, Attachment[]> = {};
  for (const each of all.sort((a, b) => a.added_at - b.added_at)) {
    byDraft[each.draft] = [...(byDraft[each.draft] ?? []), each];
  }
  useStore.setState(byDraft, true);
  void forget(result.filter((each) => !isFresh(each)).map(({ id }) => id));
}

/** Attached in this tab, and not kept (yet). */
const unwritten = new Set<string>();
/** Removed in this tab, and perhaps kept yet. */
const removed = new Set<string>();

const otherTabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel(databaseName) : null;
otherTabs?.addEventListener('message', () => void read().catch(() => undefined));

/** All of one draft. */
function append(added: readonly Attachment[]): void {
  const draft = added[0]?.draft;
  if (draft !== undefined) useStore.setState((state) => ({ [draft]: [...(state[draft] ?? none), ...added] }));
}

function isFresh({ added_at }: Attachment): boolean {
  return Date.now() - added_at < longest;
}

export function attachmentsOf(draft: string): readonly Attachment[] {
  return useStore.getState()[draft] ?? none;
}

export function useAttachments(draft: string): readonly Attachment[] {
  return useStore((state) => state[draft] ?? none);
}

/** The drafts to which something is attached. */
export function useDraftsWithFiles(): string[] {
  return useStore(useShallow((state) => Object.keys(state).filter((draft) => state[draft]?.length)));
}

/**
 * Attaches files. They are there at once, and where the browser does not keep them until the page ends, which is said.
 * With `mustBeKept` it rejects then, and nothing is attached: they are kept elsewhere until it resolves.
 */
export async function attach(
  draft: string,
  files: readonly FileContent[],
  mustBeKept = false,
): Promise<void> {
  await readAttachments();
  const now = Date.now();
  const added = files.map((file, index) => ({
    ...file,
    draft,
    id: crypto.getRandomValues(new Uint32Array(4)).join('-'),
    added_at: now + index,
  }));
  const kept = run('readwrite', (stores) => {
    for (const each of added) stores(storeName).put(each);
  });
  if (mustBeKept) await kept;
  for (const { id } of added) unwritten.add(id);
  append(added);
  try {
    await kept;
    for (const { id } of added) unwritten.delete(id);
    noteKept(storeName, true);
    otherTabs?.postMessage('changed');
  } catch {
    noteKept(storeName, false);
  }
}

export async function detach(draft: string, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    removed.add(id);
    unwritten.delete(id);
  }
  useStore.setState((state) => ({ [draft]: (state[draft] ?? none).filter(({ id }) => !ids.includes(id)) }));
  await forget(ids);
}

async function forget(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await run('readwrite', (stores) => {
    for (const id of ids) stores(storeName).delete(id);
  }).catch(() => undefined);
  otherTabs?.postMessage('changed');
}
