/** What the page knows by the event stream: the shape of the event store's state. */
import type { Message, Part, Session } from '@/shared/api/opencode';
import type { ChatActivity, ChatView, Instance } from '@/shared/api/relay';
import type { Numbered, Position, TranscriptEvent } from './event';

export interface Entry {
  info: Message;
  parts: readonly Part[];
}

/** How a conversation is kept right: as a snapshot told it, and every event since. */
export type Freshness =
  /** A snapshot is under way: the events since it was asked for wait for it. */
  | { type: 'asked'; waiting: readonly Numbered<TranscriptEvent>[] }
  /** It holds every event up to `position`, and the stream carries what comes after. */
  | { type: 'live'; position: Position }
  /** Events may have been missed: it is shown as it was until a snapshot comes. */
  | { type: 'stale' };

export interface Transcript {
  freshness: Freshness;
  /** Message ids, oldest first. */
  order: readonly string[];
  entries: Readonly<Record<string, Entry>>;
  /** Answers that were cut off, by message. */
  interrupted: Readonly<Record<string, true>>;
  /** Parts of them that opencode forgot and the relay kept. */
  kept: Readonly<Record<string, true>>;
  /** Cursor of the page before the first message here; null when this is the beginning. */
  before: string | null;
  /** Whether any snapshot ever came. */
  loaded: boolean;
  /** Why the last attempt to load it failed. */
  failure: string | null;
  /** Whether it is only what this device saw last, its end: the next snapshot replaces all of it. */
  isLastSeen: boolean;
}

export type Connection =
  | { phase: 'connecting' }
  | { phase: 'live' }
  /** Cut off; `reason` is what the server said, if it said anything. */
  | { phase: 'reconnecting'; reason: string | null };

export interface EventState {
  connection: Connection;
  /** The last event taken in. */
  position: Position | null;
  /** Whether the stream has told of all chats. */
  isKnown: boolean;
  /** As of when the chats are what this device saw last, in milliseconds since 1970; null once the stream has told. */
  seenAt: number | null;
  chats: Readonly<Record<string, ChatView>>;
  instance: Instance | null;
  /** The sessions of the chat that is shown, its subagents' included, as far as they changed while it was. */
  sessions: Readonly<Record<string, Session>>;
  /** Conversations that are or were open in this tab. */
  transcripts: Readonly<Record<string, Transcript>>;
}

export const emptyState: EventState = {
  connection: { phase: 'connecting' },
  position: null,
  isKnown: false,
  seenAt: null,
  chats: {},
  instance: null,
  sessions: {},
  transcripts: {},
};

export const emptyTranscript: Transcript = {
  freshness: { type: 'stale' },
  order: [],
  entries: {},
  interrupted: {},
  kept: {},
  before: null,
  loaded: false,
  failure: null,
  isLastSeen: false,
};

/** Whether there is a list of chats, be it as it was last seen. */
export function hasChats(state: EventState): boolean {
  return state.isKnown || state.seenAt !== null;
}

/** The record without one key. */
export function without<T>(record: Readonly<Record<string, T>>, key: string): Readonly<Record<string, T>> {
  if (!(key in record)) return record;
  const { [key]: _, ...rest } = record;
  return rest;
}

const running: ReadonlySet<ChatActivity> = new Set(['working', 'retrying', 'needs_you']);

/** Whether an agent is at work in a chat, be it that it waits for an answer. */
export function isRunning(chat: ChatView | undefined): boolean {
  return chat !== undefined && running.has(chat.state);
}

/** Message ids in the order of the conversation: by time. */
export function ordered(entries: Readonly<Record<string, Entry>>): string[] {
  return Object.values(entries)
    .sort((a, b) => a.info.time.created - b.info.time.created || (a.info.id < b.info.id ? -1 : 1))
    .map((entry) => entry.info.id);
}

/** Whether a conversation shows what a message says. */
export function isShown(transcript: Transcript | undefined, message: string): boolean {
  return (transcript?.entries[message]?.parts.length ?? 0) > 0;
}
