/** The one outbox of this page: the browser's storage, the server's API and the other tabs, put together. */
import { create } from 'zustand';
import { useEvents } from '@/features/events/store';
import { listen } from '@/features/events/sync';
import { admin, type Extent, type NewPrompt as NewPromptRequest } from '@/shared/api/admin';
import { bytesOf, type FileContent, toDataUrl } from '@/shared/files';
import { newMessageId, newSessionId } from '@/shared/identifier';
import { recall, remember } from '@/shared/storage';
import { createFollowing, sightOf } from './following';
import { type Item, type Manner, mannerOf, type TakenBack, typed, type Written } from './item';
import { createOutbox, emptyOutbox, type OutboxState } from './outbox';
import { browserStorage, withContent } from './storage';
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

async function handOver(item: Item, content: readonly FileContent[], signal: AbortSignal): Promise<void> {
  const { chat, newChat, model, agent } = item;
  const manner = { ...(model === null ? {} : { model }), ...(agent === null ? {} : { agent }) };
  const prompt = await requestOf(item, content);
  if (newChat === null) {
    await admin.handOver(chat, { ...prompt, ...manner }, signal);
    return;
  }
  const { repo, base, extent } = newChat;
  const from = base === null ? {} : { base };
  const clone = extent === undefined ? {} : { extent };
  await admin.createChat({ id: chat, repo, prompt, ...from, ...clone, ...manner }, signal);
}

/** What there is to say, and no more. */
async function requestOf(item: Item, content: readonly FileContent[]): Promise<NewPromptRequest> {
  const { id, kind, text, command, variant, agents, mentions } = item;
  const files = await Promise.all(
    content.map(async (file) => ({ mime: file.mime, filename: file.filename, url: await toDataUrl(file) })),
  );
  return {
    id,
    text,
    ...(kind === 'prompt' ? {} : { kind }),
    ...(command === null ? {} : { command }),
    ...(variant === null ? {} : { variant }),
    ...(agents.length === 0 ? {} : { agents: [...agents] }),
    ...(mentions.length === 0 ? {} : { mentions: [...mentions] }),
    ...(files.length === 0 ? {} : { files }),
  };
}

/** The files of what was taken back; null when it never arrived. */
async function takeBack({ chat, id }: { chat: string; id: string }): Promise<FileContent[] | null> {
  try {
    const { files } = await admin.takeBack(chat, id);
    return files.flatMap(({ mime, filename, url }) =>
      url === undefined ? [] : [{ mime, filename, bytes: bytesOf(url) }],
    );
  } catch (error) {
    if (isAbsent(error)) return null;
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
  takeBack: async (item) => (await takeBack(item)) !== null,
  alone,
  onChange: (change) => useOutbox.setState(change, true),
  tellOthers: () => channel?.postMessage('changed'),
});

/** What somebody wants to say, and with what. */
export interface Message extends Written {
  files: readonly FileContent[];
}

/** A text that was not typed in the box. */
export function plain(text: string): Message {
  return { kind: 'prompt', text, command: null, agents: [], mentions: [], files: [] };
}

/** Stores a prompt for a chat; it is sent by itself. */
export function sendPrompt(chat: string, message: Message, manner: Manner): Promise<void> {
  return store(chat, message, manner, null);
}

/** Stores the first prompt of a chat that is to be made; answers the chat's id. */
export async function beginChat(
  repo: string,
  base: string | null,
  extent: Extent | undefined,
  message: Message,
  manner: Manner,
): Promise<string> {
  const chat = newSessionId(Date.now());
  await store(chat, message, manner, { repo, base, ...(extent === undefined ? {} : { extent }) });
  return chat;
}

async function store(
  chat: string,
  { files, ...written }: Message,
  { model, variant, mode }: Manner,
  newChat: Item['newChat'],
): Promise<void> {
  const now = Date.now();
  const item: Item = {
    ...written,
    model,
    variant,
    agent: mode,
    id: newMessageId(now, latestId(chat)),
    chat,
    newChat,
    files: files.map(({ mime, filename }) => ({ mime, filename })),
    created_at: new Date(now).toISOString(),
    isAttempted: false,
    refusal: null,
  };
  await outbox.add(item, files);
  if (files.length > 0) keptContent.add(item.id);
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

/** Puts what was taken back into the box of its chat; the box is another feature's. */
export type GiveBack = (chat: string, back: TakenBack) => Promise<void>;

let giveBack: GiveBack = async () => undefined;

const takingBackKey = 'taking-back';

const takingBack = createTakingBack({
  read: () => readKept(recall(takingBackKey)),
  write: (kept) => remember(takingBackKey, kept.length === 0 ? null : JSON.stringify(kept)),
  takeBack,
  async give({ id, chat, text, manner }, files) {
    const isKeptElsewhere = keptContent.has(id);
    await giveBack(chat, { text, manner, files: files ?? (await contentOf(id)), isKeptElsewhere });
    await forgetContent(id);
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
const followingContent = createFollowing();

/**
 * The prompts whose files this phone keeps. They are kept until opencode has the prompt, so that they come back with
 * it even when the server's answer to taking it back is lost.
 */
const keptContent = new Set<string>();

async function contentOf(id: string): Promise<FileContent[]> {
  return keptContent.has(id) ? outbox.content(id) : [];
}

async function forgetContent(id: string): Promise<void> {
  if (!keptContent.delete(id)) return;
  // What stays so is found at the next start.
  await outbox.forgetContent(id).catch(() => undefined);
}

async function findContent(): Promise<void> {
  for (const id of await withContent()) keptContent.add(id);
}

/** Forgets what was handed over once the stream tells of it, or of nothing like it any more; and then its files. */
function tidy(): void {
  const { accepted, items } = useOutbox.getState();
  const state = useEvents.getState();
  const now = Date.now();
  for (const id of following.over(accepted, state, now)) forget(id);
  if (keptContent.size === 0) return;
  const wanted = new Set([...items, ...accepted, ...readKept(recall(takingBackKey))].map(({ id }) => id));
  const left = [...keptContent].filter((id) => !wanted.has(id));
  const chatOf = (id: string) =>
    Object.values(state.chats).find(({ prompts }) => prompts.some((each) => each.id === id));
  const followed = left.map((id) => ({ id, chat: chatOf(id)?.id ?? '' }));
  for (const id of followingContent.over(followed, state, now)) void forgetContent(id);
}

function forget(id: string): void {
  useOutbox.setState((state) => ({
    ...state,
    accepted: state.accepted.filter((item) => item.id !== id),
  }));
}

/** Takes back what is on this phone. Where `give` rejects it stays here. */
export async function takeBackFromPhone(id: string, give: (back: TakenBack) => Promise<void>): Promise<void> {
  const files = await outbox.content(id);
  await outbox.takeBack(id, (item) =>
    give({ text: typed(item), files, manner: mannerOf(item), isKeptElsewhere: true }),
  );
}

/**
 * Sends what is left, now and whenever there is hope; returns what stops it. `onTakenBack` gets what the server gave
 * back.
 */
export function startOutbox(onTakenBack: GiveBack): () => void {
  giveBack = onTakenBack;
  // Only where this browser keeps anything.
  void findContent().catch(() => undefined);
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
