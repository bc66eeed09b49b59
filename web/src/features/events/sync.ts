/**
 * Keeps the event store right: opens the stream, and takes snapshots of what is shown whenever the stream
 * begins anew, because opencode does not repeat what was missed.
 */
import { type MessagePage, opencode, type Session } from '@/shared/api/opencode';
import { explain } from '@/shared/http';
import { currentRevision, dispatch, enqueue, flush, useEvents } from './store';
import { openStream, type Stream } from './stream';

/** Messages in a snapshot; older ones are loaded when asked for. */
const pageSize = 60;
/** Sessions whose status is asked for at the start: those of the last day, and no more than this many
    directories, as each that is asked about costs opencode memory. */
const recentMilliseconds = 24 * 60 * 60 * 1000;
const recentDirectories = 8;
/** Pause before asking again for what a directory did not answer, in milliseconds. */
const askAgain = 3_000;
/** Conversations kept in memory beyond those that are shown. */
const keptTranscripts = 4;

interface Watch {
  session: string;
  directory: string;
  count: number;
}

const watches = new Map<string, Watch>();
const listeners = new Set<() => void>();
let stream: Stream | null = null;
/** Ends what was asked for on a connection that is cut: it is not newer than the stream, and a browser has six
    connections, none of which may hang in a dead network. */
let asking = new AbortController();
/** Counts the connections. */
let epoch = 0;

/** Starts the stream; returns what stops it. */
export function startSync(): () => void {
  const running = openStream({
    onEvent: enqueue,
    onConnection(connection) {
      flush();
      const isLive = connection.phase === 'live';
      if (isLive || useEvents.getState().connection.phase === 'live') {
        asking.abort();
        asking = new AbortController();
      }
      dispatch({ type: 'connection', connection });
      if (isLive) refreshAll();
    },
    ping: (signal) => opencode.ping(signal),
    isExpecting: () =>
      Object.values(useEvents.getState().statuses).some(({ value }) => value.type !== 'idle'),
  });
  stream = running;
  const check = () => running.check();
  const offline = () => running.offline();
  const visible = () => {
    // A page that is hidden gets no frames: what waits for one is taken in now, and the next by a timer.
    if (document.hidden) flush();
    else running.check();
  };
  window.addEventListener('online', check);
  window.addEventListener('offline', offline);
  window.addEventListener('pageshow', check);
  window.addEventListener('focus', check);
  document.addEventListener('visibilitychange', visible);
  return () => {
    window.removeEventListener('online', check);
    window.removeEventListener('offline', offline);
    window.removeEventListener('pageshow', check);
    window.removeEventListener('focus', check);
    document.removeEventListener('visibilitychange', visible);
    running.stop();
    if (stream === running) stream = null;
  };
}

/** Calls back each time the stream has begun anew after a cut: the time to ask again for everything else. */
export function onReconnect(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Asks for the connection now instead of at the next attempt. */
export function reconnectNow(): void {
  stream?.check();
}

function refreshAll(): void {
  epoch += 1;
  const shown = new Set([...watches.values()].map((watch) => watch.session));
  for (const session of Object.keys(useEvents.getState().transcripts)) {
    if (!shown.has(session)) dispatch({ type: 'close', session });
  }
  for (const watch of watches.values()) void loadTranscript(watch);
  for (const directory of new Set([...watches.values()].map((watch) => watch.directory))) {
    void loadDirectory(directory);
  }
  void loadSessions();
  if (epoch > 1) for (const listener of listeners) listener();
}

/** The latest sessions of all directories, then the status of those that may be running. */
async function loadSessions(): Promise<void> {
  const { signal } = asking;
  let sessions: Session[];
  try {
    sessions = await opencode.sessions(100, signal);
  } catch {
    return; // Titles only: the list itself comes from elsewhere, and the next connection asks again.
  }
  if (signal.aborted) return;
  dispatch({ type: 'sessions', sessions });
  const since = Date.now() - recentMilliseconds;
  const recent = sessions
    .filter((session) => session.time.updated > since)
    .map((session) => session.directory);
  for (const directory of [...new Set(recent)].slice(0, recentDirectories)) await loadDirectory(directory);
}

/** The connection on which each directory was asked about last. */
const surveyedOn = new Map<string, number>();

/** What runs and what waits for an answer in a directory; asked once on each connection, then the stream tells. */
async function loadDirectory(directory: string): Promise<void> {
  const { signal } = asking;
  if (surveyedOn.get(directory) === epoch) return;
  surveyedOn.set(directory, epoch);
  const since = currentRevision();
  const [statuses, permissions, questions] = await Promise.allSettled([
    opencode.statuses(directory, signal),
    opencode.permissions(directory, signal),
    opencode.questions(directory, signal),
  ]);
  if (signal.aborted) return;
  flush();
  // Statuses first: what is asked is judged by what runs.
  if (statuses.status === 'fulfilled') {
    dispatch({ type: 'statuses', directory, statuses: statuses.value, since });
  }
  if (permissions.status === 'fulfilled') {
    dispatch({ type: 'permissions', directory, requests: permissions.value, since });
  }
  if (questions.status === 'fulfilled') {
    dispatch({ type: 'questions', directory, requests: questions.value, since });
  }
  if ([statuses, permissions, questions].every(({ status }) => status === 'fulfilled')) return;
  surveyedOn.delete(directory);
  // The stream does not repeat a question that was asked before it began: who is shown the chat would wait for it.
  setTimeout(() => {
    const isShown = [...watches.values()].some((watch) => watch.directory === directory);
    if (!signal.aborted && isShown) void loadDirectory(directory);
  }, askAgain);
}

async function loadTranscript({ session }: Watch): Promise<void> {
  const { signal } = asking;
  dispatch({ type: 'open', session });
  const since = currentRevision();
  try {
    const page = await opencode.messages(session, pageSize, undefined, signal);
    if (signal.aborted) return;
    flush();
    dispatch({ type: 'snapshot', session, page, since });
  } catch (error) {
    if (!signal.aborted) dispatch({ type: 'unloaded', session, reason: explain(error) });
  }
}

/** Follows a conversation while it is shown. */
export function watchTranscript(session: string, directory: string): () => void {
  const known = watches.get(session);
  if (known) known.count += 1;
  else watches.set(session, { session, directory, count: 1 });
  if (!known) begin(session);
  return () => {
    const watch = watches.get(session);
    if (!watch) return;
    watch.count -= 1;
    if (watch.count > 0) return;
    watches.delete(session);
    forgetOldest();
  };
}

/** Loads now when the stream is there; else its beginning will, but a reader does not wait long for it. */
function begin(session: string): void {
  const load = () => {
    const watch = watches.get(session);
    if (!watch) return;
    void loadTranscript(watch);
    void loadDirectory(watch.directory);
  };
  if (useEvents.getState().connection.phase === 'live') {
    // One that is still here was kept up to date by the stream.
    if (!useEvents.getState().transcripts[session]?.loaded) load();
    return;
  }
  dispatch({ type: 'open', session });
  const asked = epoch;
  setTimeout(() => {
    if (asked === epoch) load();
  }, 1_500);
}

function forgetOldest(): void {
  const idle = Object.keys(useEvents.getState().transcripts).filter((session) => !watches.has(session));
  for (const session of idle.slice(0, Math.max(0, idle.length - keptTranscripts))) {
    dispatch({ type: 'close', session });
  }
}

/** Asks again for a conversation that could not be loaded. */
export function reloadTranscript(session: string): void {
  const watch = watches.get(session);
  if (watch) void loadTranscript(watch);
}

/** Loads the messages before the first that is there. */
export async function loadEarlier(session: string): Promise<void> {
  const before = useEvents.getState().transcripts[session]?.before;
  if (!before) return;
  const page: MessagePage = await opencode.messages(session, pageSize, before);
  dispatch({ type: 'earlier', session, page });
}
