/** The one outbox of this page: the browser's storage, the server's API and the other tabs, put together. */
import { create } from 'zustand';
import { useEvents } from '@/features/events/store';
import { listen } from '@/features/events/sync';
import { admin } from '@/shared/api/admin';
import { newMessageId, newSessionId } from '@/shared/identifier';
import { recall, remember } from '@/shared/storage';
import { createFollowing, sightOf } from './following';
import type { Item } from './item';
import { createOutbox, emptyOutbox, type OutboxState } from './outbox';
import { browserStorage } from './storage';
import { createTakingBack, isAbsent, type Kept, readKept } from './takingBack';

export const useOutbox = create<OutboxState>(() => emptyOutbox);

const lockName = 'ocweb.outbox';
/** A tab that the phone has put to sleep keeps its lock: then it is done without, in milliseconds. */
const patience = 20_000;

const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel(lockName) : null;

let last: Promise<unknown> = Promise.resolve();

/** One at a time in this tab; over all tabs where the browser has locks. */
function alone<T>(act: () => Promise<T>): Promise<T> {
  const turn = last.then(() => withLock(act));
  last = turn.catch(() => undefined);
  return turn;
}

async function withLock<T>(act: () => Promise<T>): Promise<T> {
  // Only where the address is https or localhost.
  if (!('locks' in navigator)) return act();
  let isHeld = false;
  try {
    return await navigator.locks.request(lockName, { signal: AbortSignal.timeout(patience) }, () => {
      isHeld = true;
      return act();
    });
  } catch (error) {
    if (isHeld) throw error;
    return act();
  }
}

async function handOver(item: Item, signal: AbortSignal): Promise<void> {
  const { id, chat, text, agent, newChat } = item;
  const model = item.model === null ? {} : { model: item.model };
  if (newChat === null) {
    await admin.handOver(chat, { id, text, agent, ...model }, signal);
    return;
  }
  const base = newChat.base === null ? {} : { base: newChat.base };
  await admin.createChat(
    { id: chat, repo: newChat.repo, prompt: { id, text }, agent, ...base, ...model },
    signal,
  );
}

/** False when it never arrived. */
async function takeBack({ chat, id }: { chat: string; id: string }): Promise<boolean> {
  try {
    await admin.takeBack(chat, id);
    return true;
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

export const outbox = createOutbox({
  storage: browserStorage,
  isReachable() {
    const { connection } = useEvents.getState();
    // A part of the server that restarts says so: others may be there.
    return connection.phase !== 'reconnecting' || connection.reason !== null;
  },
  handOver,
  takeBack,
  alone,
  onChange: (change) => useOutbox.setState(change, true),
  tellOthers: () => channel?.postMessage('changed'),
});

export interface NewPrompt {
  text: string;
  model: string | null;
  agent: string;
}

/** Stores a prompt for a chat; it is sent by itself. */
export function sendPrompt(chat: string, prompt: NewPrompt): Promise<void> {
  return outbox.add(itemOf(chat, prompt, null));
}

/** Stores the first prompt of a chat that is to be made; answers the chat's id. */
export async function beginChat(repo: string, base: string | null, prompt: NewPrompt): Promise<string> {
  const chat = newSessionId(Date.now());
  await outbox.add(itemOf(chat, prompt, { repo, base }));
  return chat;
}

function itemOf(chat: string, prompt: NewPrompt, newChat: Item['newChat']): Item {
  const now = Date.now();
  return {
    ...prompt,
    id: newMessageId(now, latestId(chat)),
    chat,
    newChat,
    created_at: new Date(now).toISOString(),
    isAttempted: false,
    refusal: null,
  };
}

/** The latest message id of a chat that this page knows: the next must sort after it. */
function latestId(chat: string): string | undefined {
  const { transcripts, chats } = useEvents.getState();
  const { items, accepted } = useOutbox.getState();
  return [
    transcripts[chat]?.order.at(-1) ?? '',
    ...(chats[chat]?.prompts ?? []).map(({ id }) => id),
    ...[...items, ...accepted].filter((item) => item.chat === chat).map(({ id }) => id),
  ]
    .sort()
    .at(-1);
}

/** Puts a text that was taken back into the box of its chat; the box is another feature's. */
let giveText: (chat: string, text: string) => void = () => undefined;

const takingBackKey = 'taking-back';

const takingBack = createTakingBack({
  read: () => readKept(recall(takingBackKey)),
  write: (kept) => remember(takingBackKey, kept.length === 0 ? null : JSON.stringify(kept)),
  takeBack,
  give({ id, chat, text }) {
    giveText(chat, text);
    forget(id);
  },
  alone,
});

/** Takes back a prompt that the server has, and opencode has not; its text goes to the box by itself. */
export function takeBackFromServer(prompt: Kept): Promise<void> {
  return takingBack.begin(prompt);
}

/** Of what was to be taken back, and is with the server no longer, asks what became of it. */
function resumeTakingBack(): void {
  const state = useEvents.getState();
  const isGone = (prompt: Kept) => ['missing', 'shown'].includes(sightOf(state, prompt));
  void takingBack.resume(isGone);
}

const following = createFollowing();

/** Forgets what was handed over once the stream tells of it, or of nothing like it any more. */
function tidy(): void {
  const { accepted } = useOutbox.getState();
  for (const id of following.over(accepted, useEvents.getState(), Date.now())) forget(id);
}

function forget(id: string): void {
  useOutbox.setState((state) => ({
    ...state,
    accepted: state.accepted.filter((item) => item.id !== id),
  }));
}

/**
 * Sends what is left, now and whenever there is hope; returns what stops it. `onTakenBack` gets the texts that the
 * server gave back.
 */
export function startOutbox(onTakenBack: (chat: string, text: string) => void): () => void {
  giveText = onTakenBack;
  const drain = () => void outbox.drain();
  const visible = () => {
    if (!document.hidden) drain();
  };
  const changed = () => void outbox.reload().catch(() => undefined);
  drain();
  const reconnected = () => {
    outbox.interrupt();
    drain();
  };
  const unlisten = listen({ onReconnect: reconnected, onCut: () => outbox.interrupt() });
  const unfollow = useEvents.subscribe(tidy);
  const timer = setInterval(() => {
    tidy();
    resumeTakingBack();
  }, 5_000);
  channel?.addEventListener('message', changed);
  window.addEventListener('online', drain);
  document.addEventListener('visibilitychange', visible);
  return () => {
    unlisten();
    unfollow();
    clearInterval(timer);
    channel?.removeEventListener('message', changed);
    window.removeEventListener('online', drain);
    document.removeEventListener('visibilitychange', visible);
    outbox.stop();
  };
}
