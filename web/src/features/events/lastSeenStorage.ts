/** Where this device keeps what it saw last: in IndexedDB, apart from what is not sent yet, so that it can be wiped. */
import { lastSeenDatabase } from '@/shared/serviceWorkerMessages';
import { formVersion, type LastSeen, outdated, type SeenChats, type SeenConversation } from './lastSeen';

const chatsStore = 'chats';
const conversationsStore = 'conversations';
const chatsKey = 'all';

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(lastSeenDatabase, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(chatsStore);
      request.result.createObjectStore(conversationsStore, { keyPath: 'session' });
    };
    request.onsuccess = () => {
      // Another tab wipes it.
      request.result.onversionchange = () => request.result.close();
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
  });
}

async function transact<T>(mode: IDBTransactionMode, act: (transaction: IDBTransaction) => T): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const transaction = database.transaction([chatsStore, conversationsStore], mode);
      const result = act(transaction);
      transaction.oncomplete = () => resolve(result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

const isOurForm = (seen: { form?: unknown } | undefined) => seen?.form === formVersion;

export async function readLastSeen(): Promise<LastSeen> {
  const { chats, conversations } = await transact('readonly', (transaction) => ({
    chats: transaction.objectStore(chatsStore).get(chatsKey) as IDBRequest<SeenChats | undefined>,
    conversations: transaction.objectStore(conversationsStore).getAll() as IDBRequest<SeenConversation[]>,
  }));
  return {
    chats: isOurForm(chats.result) ? (chats.result ?? null) : null,
    conversations: conversations.result.filter(isOurForm),
  };
}

/** Keeps what changed, and forgets what is too much. */
export async function keepLastSeen(
  chats: SeenChats | null,
  conversations: readonly SeenConversation[],
): Promise<void> {
  await transact('readwrite', (transaction) => {
    if (chats) transaction.objectStore(chatsStore).put(chats, chatsKey);
    if (conversations.length === 0) return;
    const store = transaction.objectStore(conversationsStore);
    for (const conversation of conversations) store.put(conversation);
    const all = store.getAll() as IDBRequest<SeenConversation[]>;
    all.onsuccess = () => {
      for (const session of outdated(all.result)) store.delete(session);
    };
  });
}

export function wipeLastSeen(): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(lastSeenDatabase);
    request.onsuccess = () => resolve();
    request.onerror = () => reject(request.error);
    // Another tab holds it for the moment of a write; it is deleted right after.
    request.onblocked = () => resolve();
  });
}
