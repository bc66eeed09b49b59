/** Where this phone keeps what is not sent yet: in IndexedDB, flushed to the disk before anything else happens. */
import { database } from '@/shared/database';
import type { FileContent } from '@/shared/files';
import { completed, type Item } from './item';

export interface Storage {
  all(): Promise<Item[]>;
  /** The files of a prompt, which stay after it was handed over: it may be taken back. */
  content(prompt: string): Promise<FileContent[]>;
  /** Makes all of it or nothing. */
  change(change: Change): Promise<void>;
}

export interface Change {
  put?: Item;
  /** The files of what is put. */
  content?: readonly FileContent[];
  /** The id of the one that is forgotten. */
  remove?: string;
  /** The id of the one whose files are forgotten. */
  removeContent?: string;
}

interface Content {
  prompt: string;
  files: readonly FileContent[];
}

const run = database('ocweb', 2, { prompts: { keyPath: 'id' }, content: { keyPath: 'prompt' } });

export const browserStorage: Storage = {
  async all() {
    const { result } = await run('readonly', (stores): IDBRequest<Item[]> => stores('prompts').getAll());
    return result.map(completed);
  },
  async content(prompt) {
    const { result } = await run(
      'readonly',
      (stores): IDBRequest<Content | undefined> => stores('content').get(prompt),
    );
    return [...(result?.files ?? [])];
  },
  change: ({ put, content, remove, removeContent }) =>
    run('readwrite', (stores) => {
      if (put !== undefined) stores('prompts').put(put);
      if (put !== undefined && content !== undefined && content.length > 0) {
        stores('content').put({ prompt: put.id, files: content } satisfies Content);
      }
      if (remove !== undefined) stores('prompts').delete(remove);
      if (removeContent !== undefined) stores('content').delete(removeContent);
    }),
};

/** The prompts of which this phone has the files. */
export async function withContent(): Promise<string[]> {
  const { result } = await run('readonly', (stores) => stores('content').getAllKeys());
  return result.map(String);
}
