/**
 * What the browser keeps in IndexedDB: each change is made whole and flushed to the disk, or not at all, and nobody
 * waits for ever. (On phones the database at times stops answering until the page is loaded anew.)
 */

export type Stores<Name extends string> = (name: Name) => IDBObjectStore;

export type Run<Name extends string> = <T>(
  mode: IDBTransactionMode,
  act: (stores: Stores<Name>) => T,
) => Promise<T>;

/** How the names of all databases of the page begin. */
export const databasePrefix = 'ocweb';

/** After how long a change that is not made is given up, in milliseconds. */
const patience = 15_000;

/** A database with its stores, which are made when they are not there; raise the version to have a new one made. */
export function database<Name extends string>(
  name: string,
  version: number,
  stores: Readonly<Record<Name, IDBObjectStoreParameters>>,
): Run<Name> {
  const names = Object.keys(stores) as Name[];

  function open(signal: AbortSignal): Promise<IDBDatabase> {
    return new Promise((resolve, reject) => {
      const request = indexedDB.open(name, version);
      request.onupgradeneeded = () => {
        const opened = request.result;
        for (const each of names) {
          if (!opened.objectStoreNames.contains(each)) opened.createObjectStore(each, stores[each]);
        }
      };
      request.onsuccess = () => (signal.aborted ? request.result.close() : resolve(request.result));
      request.onerror = () => reject(request.error);
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  }

  return async (mode, act) => {
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(new DOMException('', 'TimeoutError')), patience);
    try {
      const opened = await open(limit.signal);
      try {
        return await transact(opened.transaction(names, mode, { durability: 'strict' }), act, limit.signal);
      } finally {
        opened.close();
      }
    } catch (cause) {
      throw new Error(sentenceOf(cause), { cause });
    } finally {
      clearTimeout(timer);
    }
  };
}

function transact<T, Name extends string>(
  transaction: IDBTransaction,
  act: (stores: Stores<Name>) => T,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    transaction.onabort = () => reject(transaction.error ?? signal.reason);
    signal.addEventListener('abort', () => transaction.abort());
    const result = act((store) => transaction.objectStore(store));
    transaction.oncomplete = () => resolve(result);
  });
}

function sentenceOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'QuotaExceededError') {
    return 'this browser has no room left to keep it. Remove a picture, or free some space on this device.';
  }
  if (name === 'TimeoutError') {
    return 'this browser’s storage does not answer. Try again, or reload the page: what is typed stays.';
  }
  return `this browser refuses to keep it (${error instanceof Error ? error.message : String(error)}).`;
}
