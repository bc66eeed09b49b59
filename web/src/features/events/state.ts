/** What the page knows about opencode's sessions: the shape of the event store's state. */
import type {
  Message,
  Part,
  PermissionRequest,
  QuestionRequest,
  Session,
  SessionStatus,
} from '@/shared/api/opencode';

/** Something opencode told, with when it was last told by the stream (see `EventState.revision`). */
interface Told {
  revision: number;
}

/** A part of a message as it is now. */
export interface LivePart extends Told {
  part: Part;
  /** Pieces of this text may have been missed: the next one shows a gap before it. */
  stale: boolean;
  /** Offsets in the text at which pieces are missing until opencode sends the whole. */
  gaps: readonly number[];
}

export interface Entry extends Told {
  info: Message;
  parts: readonly LivePart[];
  /** Shown before opencode confirmed it. */
  optimistic: boolean;
}

export interface Transcript {
  /** Message ids, oldest first. */
  order: readonly string[];
  entries: Readonly<Record<string, Entry>>;
  /** Parts that the stream told of before the snapshot told of their messages, by message. */
  early: Readonly<Record<string, readonly LivePart[]>>;
  /** Messages and parts removed by events, by id: a snapshot that is under way must not bring them back. */
  removed: Readonly<Record<string, number>>;
  /** Cursor of the page before the first message here; null when this is the beginning. */
  before: string | null;
  loaded: boolean;
  /** Why the last attempt to load it failed. */
  failure: string | null;
}

export interface InDirectory<T> extends Told {
  directory: string;
  value: T;
}

export type Connection =
  | { phase: 'connecting' }
  | { phase: 'live' }
  /** Cut off; `reason` is what the server said, if it said anything. */
  | { phase: 'reconnecting'; reason: string | null };

export interface EventState {
  connection: Connection;
  /** Counts the events taken in. A snapshot remembers the count at which it was asked for: what was told later is newer than it. */
  revision: number;
  sessions: Readonly<Record<string, Session>>;
  statuses: Readonly<Record<string, InDirectory<SessionStatus>>>;
  /** Directories whose statuses were asked for on this connection: a session without one is idle there. */
  surveyed: Readonly<Record<string, true>>;
  /** What went wrong in a session, where no message carries it. */
  errors: Readonly<Record<string, string>>;
  permissions: Readonly<Record<string, InDirectory<PermissionRequest>>>;
  questions: Readonly<Record<string, InDirectory<QuestionRequest>>>;
  /** Requests that were answered, by id: a snapshot that was under way must not bring them back. */
  settled: Readonly<Record<string, true>>;
  /** Conversations that are or were open in this tab. */
  transcripts: Readonly<Record<string, Transcript>>;
}

export const emptyState: EventState = {
  connection: { phase: 'connecting' },
  revision: 0,
  sessions: {},
  statuses: {},
  surveyed: {},
  errors: {},
  permissions: {},
  questions: {},
  settled: {},
  transcripts: {},
};

export const emptyTranscript: Transcript = {
  order: [],
  entries: {},
  early: {},
  removed: {},
  before: null,
  loaded: false,
  failure: null,
};

/** The record without one key. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
}

/** Whether something runs in a session, as far as is known. */
export function isRunning(state: EventState, session: string): boolean {
  return (state.statuses[session]?.value.type ?? 'idle') !== 'idle';
}

/** Whether more text may come for this part. */
export function isOpen(part: Part): boolean {
  return (
    (part.type === 'text' || part.type === 'reasoning') &&
    part.time !== undefined &&
    part.time.end === undefined
  );
}

/** Message ids in the order of the conversation: by time, what is not confirmed yet last. */
export function ordered(entries: Readonly<Record<string, Entry>>): string[] {
  return Object.values(entries)
    .sort(
      (a, b) =>
        Number(a.optimistic) - Number(b.optimistic) ||
        a.info.time.created - b.info.time.created ||
        (a.info.id < b.info.id ? -1 : 1),
    )
    .map((entry) => entry.info.id);
}
