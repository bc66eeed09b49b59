/**
 * For tests: one answer of the real opencode (reasoning, text, a command, text), as the relay would send it,
 * and what the relay's snapshot would tell at any point of it. Written apart from the reducer, so that the two can
 * be held against each other.
 */
import { readFileSync } from 'node:fs';
import type { Message, MessageWithParts, Part } from '@/shared/api/opencode';
import type { TranscriptPage } from '@/shared/api/relay';
import type { Numbered, RelayEvent, TranscriptEvent } from './event';
import { createParser } from './parser';

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

export const recordedStream = fixture('answer.sse');
export const recordedEnd = JSON.parse(fixture('snapshot-end.json')) as MessageWithParts[];
export const session = recordedEnd[0]?.info.sessionID ?? '';
export const epoch = 'e1';

type OpencodeEvent = TranscriptEvent | Extract<RelayEvent, { type: 'session.updated' }>;

const carried = [
  'session.updated',
  'message.updated',
  'message.removed',
  'message.part.updated',
  'message.part.delta',
  'message.part.removed',
];

/** opencode's own events, without twins and what the relay does not pass on. */
const opencodeEvents: OpencodeEvent[] = createParser()
  .push(recordedStream)
  .map(({ data }) => JSON.parse(data).payload)
  .filter(({ type }) => carried.includes(type));

function outputOf(part: Part): string | null {
  if (part.type !== 'tool' || part.state.status !== 'running') return null;
  const output = part.state.metadata?.output;
  return typeof output === 'string' ? output : null;
}

/** As the relay tells it: neighbouring pieces of text as one, and of a growing output what was added. */
function asRelayed(events: readonly OpencodeEvent[]): OpencodeEvent[] {
  const relayed: OpencodeEvent[] = [];
  const outputs = new Map<string, string>();
  for (const event of events) {
    const last = relayed.at(-1);
    if (event.type === 'message.part.delta' && last?.type === 'message.part.delta') {
      const isSame = last.properties.partID === event.properties.partID;
      // Not all: each second one stays alone, so that there are cuts inside of a text.
      if (isSame && last.properties.delta.length < 12) {
        const delta = last.properties.delta + event.properties.delta;
        relayed[relayed.length - 1] = { ...last, properties: { ...last.properties, delta } };
        continue;
      }
    }
    if (event.type === 'message.part.updated') {
      const { part } = event.properties;
      const output = outputOf(part);
      const before = outputs.get(part.id);
      if (output !== null) outputs.set(part.id, output);
      if (output !== null && before !== undefined && output.startsWith(before)) {
        relayed.push({
          type: 'message.part.output',
          properties: {
            sessionID: part.sessionID,
            messageID: part.messageID,
            partID: part.id,
            head: before.length,
            from: before.length,
            append: output.slice(before.length),
          },
        });
        continue;
      }
    }
    relayed.push(event);
  }
  return relayed;
}

/** The relay's events, numbered from 1. */
export const recordedEvents: readonly Numbered<OpencodeEvent>[] = asRelayed(opencodeEvents).map(
  (event, index) => ({ at: { epoch, count: index + 1 }, event }),
);

/** The conversation after the relay's first `count` events. */
export function truthAfter(count: number): MessageWithParts[] {
  const messages = new Map<string, { info: Message; parts: Map<string, Part> }>();
  for (const { event } of recordedEvents.slice(0, count)) {
    if (event.type === 'message.updated') {
      const { info } = event.properties;
      messages.set(info.id, { info, parts: messages.get(info.id)?.parts ?? new Map() });
    } else if (event.type === 'message.part.updated') {
      const { part } = event.properties;
      messages.get(part.messageID)?.parts.set(part.id, part);
    } else if (event.type === 'message.part.delta' || event.type === 'message.part.output') {
      const { messageID, partID } = event.properties;
      const parts = messages.get(messageID)?.parts;
      const part = structuredClone(parts?.get(partID));
      if (!part) continue;
      if (event.type === 'message.part.delta' && 'text' in part) part.text += event.properties.delta;
      if (event.type === 'message.part.output' && part.type === 'tool' && part.state.status === 'running') {
        part.state.metadata = {
          ...part.state.metadata,
          output: `${part.state.metadata?.output}${event.properties.append}`,
        };
      }
      parts?.set(partID, part);
    }
  }
  return [...messages.values()].map(({ info, parts }) => ({ info, parts: [...parts.values()] }));
}

/** What the relay answers after its first `count` events. */
export function snapshotAfter(count: number, of: string = epoch): TranscriptPage {
  const messages = truthAfter(count);
  return { number: `${of}-${count}`, messages, before: null, interrupted: [], kept: [] };
}

/** The stream's own snapshot, told as event `count` of an epoch. */
export function streamSnapshot(count: number, of: string = epoch): Numbered {
  const instance = {
    opencode: 'up' as const,
    since: '2026-01-01T00:00:00Z',
    disk: { available_bytes: 1, total_bytes: 2, low: false },
  };
  return { at: { epoch: of, count }, event: { type: 'snapshot', reason: 'first', chats: [], instance } };
}
