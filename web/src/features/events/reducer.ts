/** The one place where the event store's state changes. Pure: state and action in, state out. */
import {
  errorSentence,
  type Message,
  type MessagePage,
  type PermissionRequest,
  type QuestionRequest,
  type Session,
  type SessionStatus,
} from '@/shared/api/opencode';
import { joinDeltas, type StreamEvent } from './event';
import { mergeEarlier, mergeSnapshot } from './snapshot';
import {
  type Connection,
  type EventState,
  emptyTranscript,
  type InDirectory,
  isRunning,
  type Transcript,
  without,
} from './state';
import {
  markStale,
  messageRemoved,
  messageUpdated,
  partDelta,
  partRemoved,
  partUpdated,
  promptSent,
} from './transcript';

export type Action =
  | { type: 'events'; events: readonly StreamEvent[] }
  | { type: 'connection'; connection: Connection }
  | { type: 'open'; session: string }
  | { type: 'close'; session: string }
  | { type: 'snapshot'; session: string; page: MessagePage; since: number }
  | { type: 'unloaded'; session: string; reason: string }
  | { type: 'earlier'; session: string; page: MessagePage }
  | { type: 'sessions'; sessions: readonly Session[] }
  | { type: 'statuses'; directory: string; statuses: Record<string, SessionStatus>; since: number }
  | { type: 'permissions'; directory: string; requests: readonly PermissionRequest[]; since: number }
  | { type: 'questions'; directory: string; requests: readonly QuestionRequest[]; since: number }
  | { type: 'sent'; message: Message; text: string }
  | { type: 'unsent'; session: string; message: string }
  | { type: 'answered'; request: string };

export function reduce(state: EventState, action: Action): EventState {
  switch (action.type) {
    case 'events':
      return joinDeltas(action.events).reduce(applyEvent, state);
    case 'connection':
      return connectionChanged(state, action.connection);
    case 'open':
      if (state.transcripts[action.session]) return state;
      return { ...state, transcripts: { ...state.transcripts, [action.session]: emptyTranscript } };
    case 'close':
      return { ...state, transcripts: without(state.transcripts, action.session) };
    case 'snapshot':
      return inTranscript(state, action.session, (it) => mergeSnapshot(it, action.page, action.since));
    case 'unloaded':
      return inTranscript(state, action.session, (it) => ({ ...it, failure: action.reason }));
    case 'earlier':
      return inTranscript(state, action.session, (it) => mergeEarlier(it, action.page));
    case 'sessions':
      return { ...state, sessions: action.sessions.reduce(withNewerSession, state.sessions) };
    case 'statuses':
      return {
        ...state,
        statuses: replaceDirectory(state.statuses, action, Object.entries(action.statuses)),
        surveyed: { ...state.surveyed, [action.directory]: true },
      };
    case 'permissions': {
      const told = stillWaiting(state, action.directory, action.requests);
      return { ...state, permissions: replaceDirectory(state.permissions, action, told) };
    }
    case 'questions': {
      const told = stillWaiting(state, action.directory, action.requests);
      return { ...state, questions: replaceDirectory(state.questions, action, told) };
    }
    case 'sent':
      return inTranscript(state, action.message.sessionID, (it) =>
        promptSent(it, action.message, action.text, state.revision),
      );
    case 'unsent':
      return inTranscript(state, action.session, (it) =>
        it.entries[action.message]?.optimistic ? messageRemoved(it, action.message, 0) : it,
      );
    case 'answered':
      return settle(state, action.request);
  }
}

/**
 * Those of a snapshot's requests that wait for an answer, by id. opencode never forgets what a run asked that
 * was stopped, but nothing waits where nothing runs (if that is known: statuses are to be taken in first).
 */
function stillWaiting<T extends { id: string; sessionID: string }>(
  state: EventState,
  directory: string,
  requests: readonly T[],
): [string, T][] {
  return requests
    .filter(({ id }) => !(id in state.settled))
    .filter(({ sessionID }) => !state.surveyed[directory] || isRunning(state, sessionID))
    .map((request) => [request.id, request]);
}

function settle(state: EventState, request: string): EventState {
  return {
    ...state,
    permissions: without(state.permissions, request),
    questions: without(state.questions, request),
    settled: { ...state.settled, [request]: true },
  };
}

/** Nothing that a session asked waits any more. */
function forgetRequests(state: EventState, session: string): EventState {
  const ofOthers = <T extends { sessionID: string }>(known: Readonly<Record<string, InDirectory<T>>>) =>
    Object.values(known).some(({ value }) => value.sessionID === session)
      ? Object.fromEntries(Object.entries(known).filter(([, { value }]) => value.sessionID !== session))
      : known;
  return { ...state, permissions: ofOthers(state.permissions), questions: ofOthers(state.questions) };
}

/** What a directory's snapshot says replaces what was known of it, except for what the stream told since. */
function replaceDirectory<T>(
  known: Readonly<Record<string, InDirectory<T>>>,
  { directory, since }: { directory: string; since: number },
  told: [string, T][],
): Readonly<Record<string, InDirectory<T>>> {
  const result: Record<string, InDirectory<T>> = {};
  for (const [id, item] of Object.entries(known)) {
    if (item.directory !== directory || item.revision > since) result[id] = item;
  }
  for (const [id, value] of told) result[id] ??= { directory, value, revision: since };
  return result;
}

function withNewerSession(sessions: Readonly<Record<string, Session>>, session: Session) {
  const known = sessions[session.id];
  if (known && known.time.updated > session.time.updated) return sessions;
  return { ...sessions, [session.id]: session };
}

function inTranscript(
  state: EventState,
  session: string,
  change: (it: Transcript) => Transcript,
): EventState {
  const transcript = state.transcripts[session];
  if (!transcript) return state;
  const changed = change(transcript);
  return changed === transcript
    ? state
    : { ...state, transcripts: { ...state.transcripts, [session]: changed } };
}

function connectionChanged(state: EventState, connection: Connection): EventState {
  if (connection.phase !== 'live') return { ...state, connection, surveyed: {} };
  const transcripts = Object.fromEntries(
    Object.entries(state.transcripts).map(([id, transcript]) => [id, markStale(transcript)]),
  );
  return { ...state, connection, transcripts };
}

function applyEvent(previous: EventState, event: StreamEvent): EventState {
  const revision = previous.revision + 1;
  const state = { ...previous, revision };
  const { directory } = event;
  switch (event.type) {
    case 'server.connected':
      return state;
    case 'server.instance.disposed':
      return forgetDirectory(state, event.properties.directory);
    case 'session.created':
    case 'session.updated':
      return { ...state, sessions: { ...state.sessions, [event.properties.info.id]: event.properties.info } };
    case 'session.deleted':
      return forgetSession(state, event.properties.info.id);
    case 'session.status': {
      const { sessionID, status } = event.properties;
      const errors = status.type === 'busy' ? without(state.errors, sessionID) : state.errors;
      const statuses = { ...state.statuses, [sessionID]: { directory, value: status, revision } };
      const changed = { ...state, errors, statuses };
      return status.type === 'idle' ? forgetRequests(changed, sessionID) : changed;
    }
    case 'session.idle': {
      const { sessionID } = event.properties;
      const idle = { directory, value: { type: 'idle' as const }, revision };
      return forgetRequests({ ...state, statuses: { ...state.statuses, [sessionID]: idle } }, sessionID);
    }
    case 'session.error': {
      const { sessionID, error } = event.properties;
      if (!sessionID || !error) return state;
      return { ...state, errors: { ...state.errors, [sessionID]: errorSentence(error) } };
    }
    case 'message.updated': {
      const { info } = event.properties;
      return inTranscript(state, info.sessionID, (it) => messageUpdated(it, info, revision));
    }
    case 'message.removed': {
      const { sessionID, messageID } = event.properties;
      return inTranscript(state, sessionID, (it) => messageRemoved(it, messageID, revision));
    }
    case 'message.part.updated': {
      const { part } = event.properties;
      return inTranscript(state, part.sessionID, (it) => partUpdated(it, part, revision));
    }
    case 'message.part.delta': {
      const { sessionID, messageID, partID, field, delta } = event.properties;
      if (field !== 'text') return state;
      return inTranscript(state, sessionID, (it) => partDelta(it, messageID, partID, delta, revision));
    }
    case 'message.part.removed': {
      const { sessionID, messageID, partID } = event.properties;
      return inTranscript(state, sessionID, (it) => partRemoved(it, messageID, partID, revision));
    }
    case 'permission.asked': {
      const value = event.properties;
      return { ...state, permissions: { ...state.permissions, [value.id]: { directory, value, revision } } };
    }
    case 'question.asked': {
      const value = event.properties;
      return { ...state, questions: { ...state.questions, [value.id]: { directory, value, revision } } };
    }
    case 'permission.replied':
    case 'question.replied':
    case 'question.rejected':
      return settle(state, event.properties.requestID);
  }
}

function forgetSession(state: EventState, session: string): EventState {
  return {
    ...forgetRequests(state, session),
    sessions: without(state.sessions, session),
    statuses: without(state.statuses, session),
    errors: without(state.errors, session),
    transcripts: without(state.transcripts, session),
  };
}

/** A directory's instance was let go: nothing runs or waits in it any more. */
function forgetDirectory(state: EventState, directory: string): EventState {
  const elsewhere = <T>(known: Readonly<Record<string, InDirectory<T>>>) =>
    Object.fromEntries(Object.entries(known).filter(([, item]) => item.directory !== directory));
  return {
    ...state,
    statuses: elsewhere(state.statuses),
    permissions: elsewhere(state.permissions),
    questions: elsewhere(state.questions),
  };
}
