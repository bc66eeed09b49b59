/**
 * Durable sending: what is typed is stored here first, then handed to the server until it has it, in order per
 * chat. The server takes the same id any number of times, so whatever dies between, a prompt arrives once.
 */
import type { FileContent } from '@/shared/files';
import { explain } from '@/shared/http';
import { type Item, inOrder, isFinal, isRefusal, nextOf } from './item';
import type { Change, Storage } from './storage';

export interface OutboxState {
  /** On this phone, oldest first. */
  items: readonly Item[];
  /** Handed over by this page, and perhaps not in what the stream says yet. */
  accepted: readonly Item[];
  /** Why the last attempt of this page failed, by id, where it is tried again. */
  setbacks: Readonly<Record<string, string>>;
}

export const emptyOutbox: OutboxState = { items: [], accepted: [], setbacks: {} };

export interface OutboxParts {
  storage: Storage;
  /** False while there is surely no network: then nothing is tried, and what was never sent can be taken back. */
  isReachable(): boolean;
  /** Gives the server a prompt (and the chat that it begins); rejects when it has not got it. */
  handOver(item: Item, content: readonly FileContent[], signal: AbortSignal): Promise<unknown>;
  /**
   * Takes a prompt back from the server; false when it has not arrived, and then it will not be taken in later either.
   * Rejects when that is not known.
   */
  takeBack(item: Item): Promise<boolean>;
  /** Runs one at a time, over all tabs. */
  alone<T>(act: () => Promise<T>): Promise<T>;
  onChange(change: (state: OutboxState) => OutboxState): void;
  /** Tells the other tabs to look at the storage. */
  tellOthers(): void;
}

export interface Outbox {
  /** Resolves once it is stored with its files. It is sent by itself. */
  add(item: Item, content?: readonly FileContent[]): Promise<void>;
  /** Sends what is left; now rather than later. */
  drain(): Promise<void>;
  /** The connection is cut: what is under way hangs. */
  interrupt(): void;
  /** Tries one again that was refused. */
  retry(id: string): Promise<void>;
  /**
   * Removes one so that it is never sent, once `give` has taken it; answers it. Rejects when it may have arrived. Its
   * files stay.
   */
  takeBack(id: string, give?: (item: Item) => Promise<void>): Promise<Item>;
  /** The files of a prompt that is or was here. */
  content(id: string): Promise<FileContent[]>;
  /** Forgets them: they are elsewhere, or not needed any more. */
  forgetContent(id: string): Promise<void>;
  /** Reads the storage: at the start, and when another tab changed it. */
  reload(): Promise<void>;
  stop(): void;
}

const retryDelays = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

export function createOutbox(parts: OutboxParts): Outbox {
  const { storage, onChange } = parts;
  let underWay: AbortController | null = null;
  let draining: Promise<void> | null = null;
  let isWantedAgain = false;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function reload(): Promise<Item[]> {
    const items = inOrder(await storage.all());
    onChange((state) => ({ ...state, items }));
    return items;
  }

  function setBack(id: string, reason: string): void {
    onChange((state) => ({ ...state, setbacks: { ...state.setbacks, [id]: reason } }));
  }

  async function store(change: Change): Promise<void> {
    await storage.change(change);
    await reload();
    parts.tellOthers();
  }

  /** Hands over what can be; answers whether another attempt may bring more of it further. */
  async function handOverAll(): Promise<boolean> {
    const controller = new AbortController();
    underWay = controller;
    const heldUp = new Set<string>();
    for (;;) {
      const next = nextOf(await reload(), heldUp);
      if (!next || controller.signal.aborted) return next !== null || heldUp.size > 0;
      // The connection's return begins anew.
      if (!parts.isReachable()) return false;
      if (!next.isAttempted) await store({ put: { ...next, isAttempted: true } });
      try {
        const content = next.files.length > 0 ? await storage.content(next.id) : [];
        await parts.handOver(next, content, controller.signal);
        onChange((state) => ({ ...state, accepted: [...state.accepted, next] }));
        await store({ remove: next.id });
        failures = 0;
      } catch (error) {
        if (isRefusal(error)) {
          const refused = { isAttempted: true, refusal: explain(error), isFinal: isFinal(error) };
          await store({ put: { ...next, ...refused } });
        } else {
          heldUp.add(next.chat);
          // What was ended here says nothing about the server.
          if (!controller.signal.aborted) setBack(next.id, explain(error));
        }
      }
    }
  }

  async function drain(): Promise<void> {
    clearTimeout(timer);
    if (draining) {
      isWantedAgain = true;
      return draining;
    }
    isWantedAgain = false;
    // The storage may fail too: then it is tried again.
    draining = parts.alone(handOverAll).then(done, () => done(true));
    return draining;
  }

  function done(isLeft: boolean): Promise<void> | undefined {
    draining = null;
    if (isWantedAgain) return drain();
    if (!isLeft) return undefined;
    timer = setTimeout(drain, retryDelays[Math.min(failures, retryDelays.length - 1)]);
    failures += 1;
    return undefined;
  }

  /** The chat is to be made with the prompt after this one, if there is one. */
  async function heirOf({ id, chat, newChat }: Item): Promise<Change> {
    const next = inOrder(await storage.all()).find((each) => each.chat === chat && each.id !== id);
    return next ? { put: { ...next, newChat } } : {};
  }

  async function find(id: string): Promise<Item> {
    const item = (await reload()).find((each) => each.id === id);
    if (!item) throw new Error('It has been handed over already.');
    return item;
  }

  return {
    async add(item, content = []) {
      await store({ put: item, content });
      void drain();
    },
    drain,
    interrupt: () => underWay?.abort(),
    async retry(id) {
      const item = await find(id);
      if (!item.isFinal) await store({ put: { ...item, refusal: null } });
      void drain();
    },
    async takeBack(id, give) {
      underWay?.abort();
      const item = await parts.alone(async () => {
        const found = await find(id);
        const mayHaveArrived = found.isAttempted && found.refusal === null;
        const hasArrived = mayHaveArrived && (await parts.takeBack(found));
        const heir = found.newChat !== null && !hasArrived ? await heirOf(found) : {};
        await give?.(found);
        await store({ ...heir, remove: found.id });
        // An attempt before the one that was refused may still be on its way. Nobody waits for this.
        if (found.refusal !== null && !found.isFinal) void parts.takeBack(found).catch(() => undefined);
        return found;
      });
      void drain();
      return item;
    },
    content: (id) => storage.content(id),
    forgetContent: (id) => storage.change({ removeContent: id }),
    async reload() {
      await reload();
    },
    stop() {
      clearTimeout(timer);
      underWay?.abort();
    },
  };
}
