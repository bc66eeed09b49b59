/** The events the page understands, out of the many that opencode sends. */
import type { Event } from '@opencode-ai/sdk/v2/types';

const wanted = [
  'server.connected',
  'server.instance.disposed',
  'session.created',
  'session.updated',
  'session.deleted',
  'session.status',
  'session.idle',
  'session.error',
  'message.updated',
  'message.removed',
  'message.part.updated',
  'message.part.delta',
  'message.part.removed',
  'permission.asked',
  'permission.replied',
  'question.asked',
  'question.replied',
  'question.rejected',
] as const;

type Wanted = (typeof wanted)[number];

/** An event and the directory it happened in (empty for the server's own). */
export type StreamEvent = Extract<Event, { type: Wanted }> & { directory: string };

const wantedTypes: ReadonlySet<string> = new Set(wanted);

// Every durable event is sent a second time, wrapped as `sync`; those twins can be told by their first
// bytes and are half of the traffic, so they are dropped before they are parsed.
const twin = /"payload":\{"(?:id":"[^"]*",")?type":"sync"/;

/** One `data:` line's content as an event; null for what the page has no use for. */
export function readEvent(data: string): StreamEvent | null {
  if (twin.test(data.slice(0, 400))) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(data);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { directory, payload } = parsed as { directory?: unknown; payload?: unknown };
  if (typeof payload !== 'object' || payload === null) return null;
  const { type, properties } = payload as { type?: unknown; properties?: unknown };
  if (typeof type !== 'string' || !wantedTypes.has(type)) return null;
  if (typeof properties !== 'object' || properties === null) return null;
  return { ...payload, directory: typeof directory === 'string' ? directory : '' } as StreamEvent;
}

/** Joins neighbouring pieces of the same text, so that a burst of words is one change. Order is kept. */
export function joinDeltas(events: readonly StreamEvent[]): StreamEvent[] {
  const joined: StreamEvent[] = [];
  for (const event of events) {
    const last = joined.at(-1);
    if (
      event.type === 'message.part.delta' &&
      last?.type === 'message.part.delta' &&
      last.properties.partID === event.properties.partID &&
      last.properties.field === event.properties.field
    ) {
      const delta = last.properties.delta + event.properties.delta;
      joined[joined.length - 1] = { ...last, properties: { ...last.properties, delta } };
    } else {
      joined.push(event);
    }
  }
  return joined;
}
