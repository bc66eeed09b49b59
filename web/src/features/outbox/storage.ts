/** Where this phone keeps what is not sent yet: in IndexedDB, flushed to the disk before anything else happens. */
import type { Item } from './item';

export interface Storage {
  all(): Promise<Item[]>;
  /** Keeps one and forgets another, both or neither. */
  change(change: Change): Promise<void>;
}

export interface Change {
  put?: Item;
  /** The id of the one that is forgotten. */
  remove?: string;
}

const name = 'ocweb';
const prompts = 'prompts';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(prompts, { keyPath: 'id' });
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Runs to the end, flushed to the disk, or not at all. */
async function inStore<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => T): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(prompts, mode, { durability: 'strict' });
      const result = act(transaction.objectStore(prompts));
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const browserStorage: Storage = {
  all: async () => (await inStore('readonly', (store): IDBRequest<Item[]> => store.getAll())).result,
  change: ({ put, remove }) =>
    inStore('readwrite', (store) => {
      if (put !== undefined) store.put(put);
      if (remove !== undefined) store.delete(remove);
    }),
};
