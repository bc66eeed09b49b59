/** Where this phone keeps what is not sent yet: in IndexedDB, flushed to the disk before anything else happens. */
import type { Item } from './item';

export interface Storage {
  all(): Promise<Item[]>;
  put(item: Item): Promise<void>;
  remove(id: string): Promise<void>;
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

async function inStore<T>(
  mode: IDBTransactionMode,
  act: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction(prompts, mode, { durability: 'strict' });
      const request = act(transaction.objectStore(prompts));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

export const browserStorage: Storage = {
  all: () => inStore<Item[]>('readonly', (store) => store.getAll()),
  async put(item) {
    await inStore('readwrite', (store) => store.put(item));
  },
  async remove(id) {
    await inStore('readwrite', (store) => store.delete(id));
  },
};
