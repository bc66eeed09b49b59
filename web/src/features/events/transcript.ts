/** How snapshots and events make one conversation. Pure. */
import type { Message, MessageWithParts, Part } from '@/shared/api/opencode';
import type { TranscriptPage } from '@/shared/api/relay';
import { type Numbered, type Position, readPosition, type TranscriptEvent } from './event';
import { type Entry, ordered, type Transcript, without } from './state';

/** A snapshot is asked for: from here on events wait for it. */
export function asked(transcript: Transcript): Transcript {
  return { ...transcript, freshness: { type: 'asked', waiting: [] } };
}

/** The snapshot did not come. */
export function unloaded(transcript: Transcript, failure: string): Transcript {
  return { ...transcript, freshness: { type: 'stale' }, failure };
}

/**
 * The conversation as the snapshot tells it, with the events that waited for it. A snapshot of another epoch
 * than the stream's is not taken: the two cannot be compared.
 */
export function loaded(transcript: Transcript, page: TranscriptPage, epoch: string | undefined): Transcript {
  const position = readPosition(page.number);
  if (position === null || position.epoch !== epoch || transcript.freshness.type !== 'asked') {
    return transcript;
  }
  const entries = transcript.isLastSeen ? entriesOf(page.messages) : withOlder(transcript, page);
  const fresh: Transcript = {
    freshness: { type: 'live', position },
    order: ordered(entries),
    entries,
    interrupted: marked(page.interrupted, ofOlder(transcript.interrupted, page)),
    kept: marked(page.kept, transcript.kept),
    before: Object.keys(entries).length > page.messages.length ? transcript.before : page.before,
    loaded: true,
    failure: null,
    isLastSeen: false,
  };
  return transcript.freshness.waiting.reduce(happened, fresh);
}

/** The page's messages, and those before it that were loaded already: unless there may be a hole between. */
function withOlder(transcript: Transcript, page: TranscriptPage): Readonly<Record<string, Entry>> {
  const entries = entriesOf(page.messages);
  const oldest = page.messages[0]?.info;
  if (page.before === null || oldest === undefined || !(oldest.id in transcript.entries)) return entries;
  const older = transcript.order
    .slice(0, transcript.order.indexOf(oldest.id))
    .map((id) => [id, transcript.entries[id]]);
  return { ...Object.fromEntries(older), ...entries };
}

/** The conversation with the page before its first message added. */
export function withEarlier(transcript: Transcript, page: TranscriptPage): Transcript {
  const entries = { ...entriesOf(page.messages), ...transcript.entries };
  return {
    ...transcript,
    entries,
    order: ordered(entries),
    interrupted: marked(page.interrupted, transcript.interrupted),
    kept: marked(page.kept, transcript.kept),
    before: page.before,
  };
}

function entriesOf(messages: readonly MessageWithParts[]): Record<string, Entry> {
  return Object.fromEntries(messages.map((message) => [message.info.id, message]));
}

/** The marks of the messages that the page does not tell of. */
function ofOlder(marks: Readonly<Record<string, true>>, page: TranscriptPage): Record<string, true> {
  const told = new Set(page.messages.map(({ info }) => info.id));
  return Object.fromEntries(Object.entries(marks).filter(([id]) => !told.has(id)));
}

function marked(ids: readonly string[], known: Readonly<Record<string, true>>): Record<string, true> {
  return { ...known, ...Object.fromEntries(ids.map((id) => [id, true as const])) };
}

/** The conversation after an event: put aside while a snapshot is under way, dropped when it is in there already. */
export function happened(transcript: Transcript, numbered: Numbered<TranscriptEvent>): Transcript {
  const { freshness } = transcript;
  if (freshness.type === 'stale') return transcript;
  if (freshness.type === 'asked') {
    return { ...transcript, freshness: { ...freshness, waiting: [...freshness.waiting, numbered] } };
  }
  if (!isNewer(numbered.at, freshness.position)) return transcript;
  return apply(
    { ...transcript, freshness: { type: 'live', position: numbered.at ?? freshness.position } },
    numbered.event,
  );
}

function isNewer(at: Position | null, than: Position): boolean {
  return at !== null && at.epoch === than.epoch && at.count > than.count;
}

function apply(transcript: Transcript, event: TranscriptEvent): Transcript {
  switch (event.type) {
    case 'message.updated':
      return messageUpdated(transcript, event.properties.info);
    case 'message.removed':
      return messageRemoved(transcript, event.properties.messageID);
    case 'message.part.updated':
      return partUpdated(transcript, event.properties.part);
    case 'message.part.removed':
      return inParts(transcript, event.properties.messageID, (parts) =>
        parts.filter(({ id }) => id !== event.properties.partID),
      );
    case 'message.part.delta':
    case 'message.part.output': {
      const { messageID, partID } = event.properties;
      return inParts(transcript, messageID, (parts) => {
        const index = parts.findIndex(({ id }) => id === partID);
        const part = parts[index];
        if (!part) return parts;
        const grown =
          event.type === 'message.part.delta'
            ? withDelta(part, event.properties)
            : withOutput(part, event.properties);
        return grown === part ? parts : parts.with(index, grown);
      });
    }
  }
}

function messageUpdated(transcript: Transcript, info: Message): Transcript {
  const known = transcript.entries[info.id];
  // Of a page that is not here: it comes with its page.
  const first = transcript.entries[transcript.order[0] ?? '']?.info;
  const isBefore = first !== undefined && info.time.created < first.time.created;
  if (!known && isBefore && transcript.before !== null) return transcript;
  const entries = { ...transcript.entries, [info.id]: { info, parts: known?.parts ?? [] } };
  const moved = known?.info.time.created !== info.time.created;
  return { ...transcript, entries, order: moved ? ordered(entries) : transcript.order };
}

function messageRemoved(transcript: Transcript, id: string): Transcript {
  const order = transcript.order.filter((other) => other !== id);
  return { ...transcript, order, entries: without(transcript.entries, id) };
}

function partUpdated(transcript: Transcript, part: Part): Transcript {
  return inParts(transcript, part.messageID, (parts) => {
    const index = parts.findIndex(({ id }) => id === part.id);
    return index === -1 ? [...parts, part] : parts.with(index, part);
  });
}

/** Changes the parts of a message; one that is not here is of a page that is not. */
function inParts(
  transcript: Transcript,
  message: string,
  change: (parts: readonly Part[]) => readonly Part[],
): Transcript {
  const entry = transcript.entries[message];
  if (!entry) return transcript;
  const parts = change(entry.parts);
  if (parts === entry.parts) return transcript;
  return { ...transcript, entries: { ...transcript.entries, [message]: { ...entry, parts } } };
}

/** A text with a piece added. One that has ended is whole already. */
function withDelta(part: Part, { field, delta }: { field: string; delta: string }): Part {
  if (field !== 'text' || (part.type !== 'text' && part.type !== 'reasoning')) return part;
  if (part.time?.end !== undefined) return part;
  return { ...part, text: part.text + delta };
}

/** A running tool with its output grown. */
function withOutput(
  part: Part,
  { head, from, append }: { head: number; from: number; append: string },
): Part {
  if (part.type !== 'tool' || part.state.status !== 'running') return part;
  const { metadata } = part.state;
  const old = typeof metadata?.output === 'string' ? metadata.output : '';
  const output = old.slice(0, head) + old.slice(from) + append;
  return { ...part, state: { ...part.state, metadata: { ...metadata, output } } };
}

/** Whether an answer was cut off, and nothing completed it since. */
export function isInterrupted(transcript: Transcript | undefined, message: string): boolean {
  if (transcript?.interrupted[message] === undefined) return false;
  const info = transcript.entries[message]?.info;
  return info?.role === 'assistant' && info.time.completed === undefined;
}
