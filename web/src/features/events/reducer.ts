/** The one place where the event store's state changes. Pure: state and action in, state out. */
import type { TranscriptPage } from '@/shared/api/relay';
import type { Numbered, Position, RelayEvent, TranscriptEvent } from './event';
import { type LastSeen, restored } from './lastSeen';
import { type Connection, type EventState, emptyTranscript, type Transcript, without } from './state';
import { asked, happened, loaded, unloaded, withEarlier } from './transcript';

export type Action =
  | { type: 'events'; events: readonly Numbered[] }
  | { type: 'connection'; connection: Connection }
  /** A conversation's snapshot is asked for. */
  | { type: 'asked'; session: string }
  | { type: 'loaded'; session: string; page: TranscriptPage }
  | { type: 'unloaded'; session: string; reason: string }
  | { type: 'earlier'; session: string; page: TranscriptPage }
  /** What this device saw last has been read. */
  | { type: 'restored'; seen: LastSeen }
  /** Nobody looks at a conversation any more. */
  | { type: 'closed'; session: string };

export function reduce(state: EventState, action: Action): EventState {
  switch (action.type) {
    case 'events':
      return action.events.reduce(take, state);
    case 'connection':
      return { ...state, connection: action.connection };
    case 'asked': {
      const transcript = asked(state.transcripts[action.session] ?? emptyTranscript);
      return { ...state, transcripts: { ...state.transcripts, [action.session]: transcript } };
    }
    case 'loaded':
      return inTranscript(state, action.session, (it) => loaded(it, action.page, state.position?.epoch));
    case 'unloaded':
      return inTranscript(state, action.session, (it) => unloaded(it, action.reason));
    case 'earlier':
      return inTranscript(state, action.session, (it) => withEarlier(it, action.page));
    case 'restored':
      return restored(state, action.seen);
    case 'closed':
      return { ...state, transcripts: without(state.transcripts, action.session) };
  }
}

/** Takes in an event, once: of two streams that race, both may tell it. */
function take(state: EventState, { at, event }: Numbered): EventState {
  if (at === null) return state;
  const { position } = state;
  if (event.type !== 'snapshot' && position?.epoch === at.epoch && at.count <= position.count) return state;
  return applyEvent({ ...state, position: at }, event, at);
}

function applyEvent(state: EventState, event: RelayEvent, at: Position): EventState {
  switch (event.type) {
    case 'snapshot':
      return {
        ...state,
        isKnown: event.complete !== false,
        seenAt: null,
        chats: Object.fromEntries(event.chats.map((chat) => [chat.id, chat])),
        instance: event.instance,
        transcripts: stale(state.transcripts),
      };
    case 'chat':
      return { ...state, chats: { ...state.chats, [event.chat.id]: event.chat } };
    case 'chat_removed':
      return {
        ...state,
        chats: without(state.chats, event.id),
        transcripts: without(state.transcripts, event.id),
      };
    case 'instance':
      return { ...state, instance: event.instance };
    case 'resumed':
    case 'heartbeat':
      return state;
    case 'session.updated': {
      const { info } = event.properties;
      return { ...state, sessions: { ...state.sessions, [info.id]: info } };
    }
    default:
      return inTranscript(state, sessionOf(event), (it) => happened(it, { at, event }));
  }
}

function sessionOf(event: TranscriptEvent): string {
  switch (event.type) {
    case 'message.updated':
      return event.properties.info.sessionID;
    case 'message.part.updated':
      return event.properties.part.sessionID;
    default:
      return event.properties.sessionID;
  }
}

function stale(transcripts: Readonly<Record<string, Transcript>>): Readonly<Record<string, Transcript>> {
  return Object.fromEntries(
    Object.entries(transcripts).map(([id, transcript]) => [
      id,
      { ...transcript, freshness: { type: 'stale' as const } },
    ]),
  );
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
