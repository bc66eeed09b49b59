/** How events change one conversation. Pure. */
import type { Message, Part } from '@/shared/api/opencode';
import { type Entry, isOpen, type LivePart, ordered, type Transcript, without } from './state';

/** The part id under which a prompt's text is shown until opencode gives it one of its own. */
export const optimisticPart = 'optimistic';

function withEntry(transcript: Transcript, entry: Entry): Transcript {
  const id = entry.info.id;
  const known = transcript.entries[id];
  const entries = { ...transcript.entries, [id]: entry };
  const moved =
    known?.optimistic !== entry.optimistic || known?.info.time.created !== entry.info.time.created;
  return { ...transcript, entries, order: moved ? ordered(entries) : transcript.order };
}

export function messageUpdated(transcript: Transcript, info: Message, revision: number): Transcript {
  const parts = partsOf(transcript, info.id);
  return withEntry(transcript, { info, parts, revision, optimistic: false });
}

export function messageRemoved(transcript: Transcript, id: string, revision: number): Transcript {
  return {
    ...transcript,
    entries: without(transcript.entries, id),
    order: transcript.order.filter((other) => other !== id),
    removed: { ...transcript.removed, [id]: revision },
  };
}

/** The parts of a message with others in their place; those of a message that is not known yet wait for it. */
function withParts(transcript: Transcript, message: string, parts: readonly LivePart[]): Transcript {
  const entry = transcript.entries[message];
  if (entry) return withEntry(transcript, { ...entry, parts });
  return { ...transcript, early: { ...transcript.early, [message]: parts } };
}

function partsOf(transcript: Transcript, message: string): readonly LivePart[] {
  return transcript.entries[message]?.parts ?? transcript.early[message] ?? [];
}

export function partUpdated(transcript: Transcript, part: Part, revision: number): Transcript {
  const live: LivePart = { part, revision, stale: false, gaps: [] };
  const kept = partsOf(transcript, part.messageID).filter((other) => other.part.id !== optimisticPart);
  const index = kept.findIndex((other) => other.part.id === part.id);
  return withParts(transcript, part.messageID, index === -1 ? [...kept, live] : kept.with(index, live));
}

export function partRemoved(
  transcript: Transcript,
  message: string,
  part: string,
  revision: number,
): Transcript {
  const parts = partsOf(transcript, message).filter((other) => other.part.id !== part);
  return { ...withParts(transcript, message, parts), removed: { ...transcript.removed, [part]: revision } };
}

/** Adds a piece of text. A part that has ended is whole already: late pieces of it are dropped. */
export function partDelta(
  transcript: Transcript,
  message: string,
  id: string,
  delta: string,
  revision: number,
): Transcript {
  const parts = partsOf(transcript, message);
  const index = parts.findIndex((other) => other.part.id === id);
  const live = parts[index];
  if (!live) return transcript;
  const { part } = live;
  if ((part.type !== 'text' && part.type !== 'reasoning') || !isOpen(part)) return transcript;
  const changed: LivePart = {
    part: { ...part, text: part.text + delta },
    revision,
    stale: false,
    gaps: live.stale ? [...live.gaps, part.text.length] : live.gaps,
  };
  return withParts(transcript, message, parts.with(index, changed));
}

/** After a cut of the stream: pieces of every text that was still growing may have been missed. */
export function markStale(transcript: Transcript): Transcript {
  let entries = transcript.entries;
  for (const [id, entry] of Object.entries(entries)) {
    if (!entry.parts.some((live) => isOpen(live.part) && !live.stale)) continue;
    const parts = entry.parts.map((live) => (isOpen(live.part) ? { ...live, stale: true } : live));
    entries = { ...entries, [id]: { ...entry, parts } };
  }
  return entries === transcript.entries ? transcript : { ...transcript, entries };
}

/** Shows a prompt at once, before opencode confirmed it. */
export function promptSent(
  transcript: Transcript,
  info: Message,
  text: string,
  revision: number,
): Transcript {
  const part: Part = {
    id: optimisticPart,
    sessionID: info.sessionID,
    messageID: info.id,
    type: 'text',
    text,
  };
  if (transcript.entries[info.id]) return transcript;
  return withEntry(transcript, {
    info,
    parts: [{ part, revision, stale: false, gaps: [] }],
    revision,
    optimistic: true,
  });
}
