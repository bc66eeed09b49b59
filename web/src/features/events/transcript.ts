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
  const parts = transcript.entries[info.id]?.parts ?? [];
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

export function partUpdated(transcript: Transcript, part: Part, revision: number): Transcript {
  const entry = transcript.entries[part.messageID];
  // The message's own event comes first; a part of an unknown message is older than what is shown.
  if (!entry) return transcript;
  const live: LivePart = { part, revision, stale: false, gaps: [] };
  const kept = entry.parts.filter((other) => other.part.id !== optimisticPart);
  const index = kept.findIndex((other) => other.part.id === part.id);
  const parts = index === -1 ? [...kept, live] : kept.with(index, live);
  return withEntry(transcript, { ...entry, parts });
}

export function partRemoved(
  transcript: Transcript,
  message: string,
  part: string,
  revision: number,
): Transcript {
  const entry = transcript.entries[message];
  if (!entry) return transcript;
  const parts = entry.parts.filter((other) => other.part.id !== part);
  return {
    ...withEntry(transcript, { ...entry, parts }),
    removed: { ...transcript.removed, [part]: revision },
  };
}

/** Adds a piece of text. A part that has ended is whole already: late pieces of it are dropped. */
export function partDelta(
  transcript: Transcript,
  message: string,
  id: string,
  delta: string,
  revision: number,
): Transcript {
  const entry = transcript.entries[message];
  const index = entry?.parts.findIndex((other) => other.part.id === id) ?? -1;
  const live = entry?.parts[index];
  if (!entry || !live) return transcript;
  const { part } = live;
  if ((part.type !== 'text' && part.type !== 'reasoning') || !isOpen(part)) return transcript;
  const changed: LivePart = {
    part: { ...part, text: part.text + delta },
    revision,
    stale: false,
    gaps: live.stale ? [...live.gaps, part.text.length] : live.gaps,
  };
  return withEntry(transcript, { ...entry, parts: entry.parts.with(index, changed) });
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
