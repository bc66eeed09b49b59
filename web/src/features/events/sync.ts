/**
 * Keeps the event store right: opens the stream, tells the relay what is shown, and takes snapshots of the
 * conversations that are shown where the stream cannot tell what was missed.
 */
import { relay, type TranscriptPage } from '@/shared/api/relay';
import { diagnostics } from '@/shared/diagnostics';
import { abandonReads, explain, RequestError } from '@/shared/http';
import { type Numbered, readPosition } from './event';
import { type Limits, sizeOf, surplus } from './keep';
import { emptyTranscript, isRunning } from './state';
import { dispatch, enqueue, flush, useEvents } from './store';
import { openStream, type Stream } from './stream';
import {
  abandonViewing,
  announceViewing,
  carriedFrom,
  client,
  confirmViewing,
  keepViewing,
  leave,
  setShownChat,
  viewedChat,
} from './viewing';

/** Messages in a snapshot; older ones are loaded when asked for. */
const pageSize = 60;
/** Pause before asking again for a conversation that could not be loaded, in milliseconds. */
const askAgain = 2_000;
/** What stays in memory of conversations that are not shown: they are there at once, then made right. */
const keptInMemory: Limits = { conversations: 20, size: 8_000_000 };

/** How often each conversation is shown now. */
const watches = new Map<string, number>();
/** The conversations that were shown and are not, the latest first. */
let left: readonly string[] = [];
/** The snapshots that are under way. */
const asking = new Map<string, AbortController>();
let stream: Stream | null = null;

export interface StreamListener {
  /** The stream has begun anew. */
  onReconnect?(): void;
  /** Everything may have changed meanwhile: what the stream does not tell must be asked for again. */
  onSnapshot?(): void;
  /** The stream is cut: what is under way hangs. */
  onCut?(): void;
}

const listeners = new Set<StreamListener>();

export function listen(listener: StreamListener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const isLive = () => useEvents.getState().connection.phase === 'live';

/** Starts the stream; returns what stops it. */
export function startSync(): () => void {
  let begun = 0;
  const running = openStream({
    client,
    viewing: viewedChat,
    isExpecting: () => Object.values(useEvents.getState().chats).some(isRunning),
    onEvent(numbered) {
      enqueue(numbered);
      diagnostics.events.add(describeEvent(numbered));
      const { event } = numbered;
      if (event.type === 'chat' && event.chat.state === 'unread' && event.chat.id === viewedChat()) {
        confirmViewing();
      }
      if (event.type !== 'snapshot') return;
      flush();
      begun += 1;
      if (begun > 1) for (const listener of listeners) listener.onSnapshot?.();
      if (isLive()) refresh('stale');
    },
    onConnection(connection) {
      diagnostics.connection.add(
        'reason' in connection ? `${connection.phase} ${connection.reason ?? ''}` : connection.phase,
      );
      flush();
      const { phase } = useEvents.getState().connection;
      dispatch({ type: 'connection', connection });
      // What was asked before or during a cut hangs.
      if (phase !== 'connecting' && connection.phase !== phase) {
        abandonReads();
        abandonViewing();
      }
      if (phase === 'live' && connection.phase !== 'live')
        for (const listener of listeners) listener.onCut?.();
    },
    onLive(carries) {
      void announce();
      refresh(carries === viewedChat() ? 'stale' : 'all');
      for (const listener of listeners) listener.onReconnect?.();
    },
  });
  stream = running;
  const check = () => running.check();
  const online = () => running.online();
  const offline = () => running.offline();
  const left = () => {
    running.hidden();
    leave();
    announced = null;
  };
  const shown = () => {
    running.check();
    settle();
  };
  const visible = () => {
    if (!document.hidden) {
      shown();
      return;
    }
    // A page that is hidden gets no frames: what waits for one is taken in now, and the next by a timer.
    flush();
    left();
  };
  const stopViewing = keepViewing(isLive);
  window.addEventListener('online', online);
  window.addEventListener('offline', offline);
  window.addEventListener('pagehide', left);
  window.addEventListener('pageshow', shown);
  window.addEventListener('focus', check);
  document.addEventListener('visibilitychange', visible);
  return () => {
    stopViewing();
    window.removeEventListener('online', online);
    window.removeEventListener('offline', offline);
    window.removeEventListener('pagehide', left);
    window.removeEventListener('pageshow', shown);
    window.removeEventListener('focus', check);
    document.removeEventListener('visibilitychange', visible);
    running.stop();
    if (stream === running) stream = null;
  };
}

/** An event's number, type and session, and nothing of what it says. */
function describeEvent({ at, event }: Numbered): string {
  const chat = 'chat' in event ? event.chat.id : 'id' in event ? event.id : '';
  const session =
    'properties' in event && 'sessionID' in event.properties ? event.properties.sessionID : chat;
  return `${at === null ? '-' : at.count} ${event.type} ${session}`;
}

/** Asks for the connection now instead of at the next attempt. */
export function reconnectNow(): void {
  stream?.check();
}

/** Says which chat this page shows (a subagent's work: the chat that it is part of); null for none. */
export function showChat(chat: string | null): void {
  setShownChat(chat);
  settle();
}

/** Sessions whose snapshots are to be asked for. */
const wanted = new Set<string>();
/** What the relay was last told to be shown. */
let announced: string | null = null;
let isSettling = false;

/** Does what is to be done once everything that happens now has happened: a page is left and another shown at once. */
function settle(): void {
  if (isSettling) return;
  isSettling = true;
  queueMicrotask(() => {
    isSettling = false;
    if (!isLive()) return;
    if (viewedChat() !== announced) {
      void announce();
      // What was not carried until now has been missed.
      if (viewedChat() !== null) refresh('all');
    }
    for (const session of wanted) if (watches.has(session)) void load(session);
    wanted.clear();
  });
}

async function announce(): Promise<void> {
  const chat = viewedChat();
  announced = chat;
  if (await announceViewing()) return;
  setTimeout(() => {
    if (announced === chat) announced = null;
    settle();
  }, askAgain);
}

/** Asks again for the conversations that are shown: those that are not right, or all. */
function refresh(which: 'stale' | 'all'): void {
  const { transcripts } = useEvents.getState();
  for (const session of watches.keys()) {
    if (which === 'all' || transcripts[session]?.freshness.type !== 'live') want(session);
  }
}

function want(session: string): void {
  wanted.add(session);
  settle();
}

async function load(session: string): Promise<void> {
  asking.get(session)?.abort();
  const controller = new AbortController();
  asking.set(session, controller);
  const { signal } = controller;
  const ask = () => relay.transcript(session, { limit: pageSize, signal });
  dispatch({ type: 'asked', session });
  let isRefused = false;
  try {
    const [from, early] = await Promise.all([carriedFrom(), ask()]);
    if (signal.aborted) return;
    const at = readPosition(early.number);
    // It must not be older than what the stream carries; both were asked for at the same time.
    const page = from && at?.epoch === from.epoch && at.count < from.count ? await ask() : early;
    if (signal.aborted) return;
    flush();
    dispatch({ type: 'loaded', session, page });
  } catch (error) {
    if (signal.aborted) return;
    isRefused = error instanceof RequestError && error.status >= 400 && error.status < 500;
    dispatch({ type: 'unloaded', session, reason: explain(error) });
  }
  if (asking.get(session) === controller) asking.delete(session);
  if (isRefused) return;
  // Of another epoch, or no answer at all: it is asked for again until it is right.
  setTimeout(() => {
    const freshness = useEvents.getState().transcripts[session]?.freshness.type;
    if (isLive() && watches.has(session) && freshness !== 'live' && !asking.has(session)) want(session);
  }, askAgain);
}

/** Follows a conversation while it is shown. */
export function watchTranscript(session: string): () => void {
  const count = watches.get(session) ?? 0;
  watches.set(session, count + 1);
  if (count === 0) want(session);
  return () => {
    const others = (watches.get(session) ?? 1) - 1;
    if (others > 0) {
      watches.set(session, others);
      return;
    }
    watches.delete(session);
    left = [session, ...left.filter((other) => other !== session)];
    forgetSurplus();
  };
}

function forgetSurplus(): void {
  const { transcripts } = useEvents.getState();
  const idle = Object.keys(transcripts).filter((session) => !watches.has(session));
  // What was restored from the last visit and not shown in this one comes last.
  const byAge = [
    ...left.filter((session) => idle.includes(session)),
    ...idle.filter((session) => !left.includes(session)),
  ];
  const measured = byAge.map((session) => ({
    session,
    size: sizeOf(transcripts[session] ?? emptyTranscript),
  }));
  for (const session of surplus(measured, keptInMemory)) dispatch({ type: 'closed', session });
  left = left.filter((session) => session in useEvents.getState().transcripts);
}

/** Asks again for a conversation that could not be loaded. */
export function reloadTranscript(session: string): void {
  want(session);
}

/** Loads the messages before the first that is there. */
export async function loadEarlier(session: string): Promise<void> {
  const before = useEvents.getState().transcripts[session]?.before;
  if (!before) return;
  const page: TranscriptPage = await relay.transcript(session, { limit: pageSize, before });
  dispatch({ type: 'earlier', session, page });
}
