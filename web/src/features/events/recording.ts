/**
 * For tests: one answer of the real opencode 1.18.33 (reasoning, text, a command, text), as its stream sent it
 * and as a snapshot told it at the end; and what a snapshot would have told at any point in between.
 */
import { readFileSync } from 'node:fs';
import type { Message, MessagePage, MessageWithParts, Part } from '@/shared/api/opencode';
import { readEvent, type StreamEvent } from './event';
import { createParser } from './parser';

const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

export const recordedStream = fixture('answer.sse');
export const recordedEnd = JSON.parse(fixture('snapshot-end.json')) as MessageWithParts[];

export const recordedEvents: readonly StreamEvent[] = createParser()
  .push(recordedStream)
  .map(readEvent)
  .filter((event) => event !== null);

export const session = recordedEnd[0]?.info.sessionID ?? '';

/** What opencode would answer after its first `count` events: it stores messages and whole parts, never deltas. */
export function snapshotAfter(count: number): MessagePage {
  const messages = new Map<string, { info: Message; parts: Map<string, Part> }>();
  for (const event of recordedEvents.slice(0, count)) {
    if (event.type === 'message.updated') {
      const { info } = event.properties;
      messages.set(info.id, { info, parts: messages.get(info.id)?.parts ?? new Map() });
    } else if (event.type === 'message.part.updated') {
      const { part } = event.properties;
      messages.get(part.messageID)?.parts.set(part.id, part);
    }
  }
  return {
    messages: [...messages.values()].map(({ info, parts }) => ({ info, parts: [...parts.values()] })),
    before: null,
  };
}
