/** What the event relay's stream says, as the page takes it in. */
import type { Event } from '@opencode-ai/sdk/v2/types';
import type { ChatView, Instance } from '@/shared/api/relay';
import type { Frame } from './parser';

/** Where an event stands among all: numbers of another epoch cannot be compared with. */
export interface Position {
  epoch: string;
  count: number;
}

/** `<epoch>-<count>`, as the relay numbers events and snapshots; null for anything else. */
export function readPosition(text: string | null): Position | null {
  const [, epoch, count] = /^(.+)-(\d{1,15})$/.exec(text ?? '') ?? [];
  return epoch === undefined ? null : { epoch, count: Number(count) };
}

const opencodeTypes = [
  'session.updated',
  'message.updated',
  'message.removed',
  'message.part.updated',
  'message.part.delta',
  'message.part.removed',
] as const;

/** Those of opencode's own events that change what is shown. */
type OpencodeEvent = Extract<Event, { type: (typeof opencodeTypes)[number] }>;

/** A running tool's output became `old.slice(0, head) + old.slice(from) + append`. */
interface OutputEvent {
  type: 'message.part.output';
  properties: {
    sessionID: string;
    messageID: string;
    partID: string;
    head: number;
    from: number;
    append: string;
  };
}

/** An event that changes one conversation. */
export type TranscriptEvent = Exclude<OpencodeEvent, { type: 'session.updated' }> | OutputEvent;

export type RelayEvent =
  /** Everything held so far is void. Until it is complete, what is not in it may be there all the same. */
  | { type: 'snapshot'; reason: string; complete?: boolean; chats: ChatView[]; instance: Instance }
  /** Everything held so far is right, and what was missed follows. */
  | { type: 'resumed' }
  | { type: 'chat'; chat: ChatView }
  | { type: 'chat_removed'; id: string }
  | { type: 'instance'; instance: Instance }
  /** The next frame comes within so many milliseconds. */
  | { type: 'heartbeat'; within_ms: number }
  | OpencodeEvent
  | OutputEvent;

/** An event with its number; heartbeats have none. */
export interface Numbered<E extends RelayEvent = RelayEvent> {
  at: Position | null;
  event: E;
}

const ourTypes = ['snapshot', 'resumed', 'chat', 'chat_removed', 'instance', 'heartbeat'];
const typesWithProperties: ReadonlySet<string> = new Set([...opencodeTypes, 'message.part.output']);

/** A frame's event; null for what the page has no use for. */
export function readEvent({ id, data }: Frame): Numbered | null {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof event !== 'object' || event === null || !('type' in event)) return null;
  const type = String(event.type);
  const isObject = 'properties' in event && typeof event.properties === 'object' && event.properties !== null;
  if (!ourTypes.includes(type) && !(typesWithProperties.has(type) && isObject)) return null;
  return { at: readPosition(id), event: event as RelayEvent };
}
