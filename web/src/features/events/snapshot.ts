/**
 * How a snapshot (what opencode answers when asked for a conversation) and the stream become one. Pure.
 *
 * The stream is never paused while a snapshot is under way. What the stream told after the snapshot was
 * asked for (`since`) is as new as the snapshot or newer, and wins. opencode stores a text only when it
 * begins and when it ends, so in mid-answer a snapshot has less of it than the stream gave: the longer
 * local text is kept, and the event that ends the text sets it right.
 */
import type { MessagePage, MessageWithParts, Part } from '@/shared/api/opencode';
import { type Entry, isOpen, type LivePart, ordered, type Transcript } from './state';
import { optimisticPart } from './transcript';

function mergePart(local: LivePart | undefined, part: Part, since: number): LivePart {
  const open = isOpen(part);
  const theirs: LivePart = { part, revision: local?.revision ?? 0, stale: open, gaps: [] };
  if (!local) return theirs;
  if (local.revision > since) return isOpen(local.part) && !open ? theirs : local;
  if (open && 'text' in local.part && 'text' in part && local.part.text.startsWith(part.text)) return local;
  return theirs;
}

function mergeEntry(
  local: Entry | undefined,
  theirs: MessageWithParts,
  transcript: Transcript,
  since: number,
): Entry {
  const known = local?.parts ?? transcript.early[theirs.info.id];
  const mine = new Map(known?.map((live) => [live.part.id, live]));
  const parts = theirs.parts
    .filter((part) => (transcript.removed[part.id] ?? 0) <= since)
    .map((part) => {
      const merged = mergePart(mine.get(part.id), part, since);
      mine.delete(part.id);
      return merged;
    });
  for (const live of mine.values()) {
    const awaited = live.part.id === optimisticPart && parts.length === 0;
    if (awaited || (live.revision > since && live.part.id !== optimisticPart)) parts.push(live);
  }
  const newer = local !== undefined && local.revision > since && !local.optimistic;
  return {
    info: newer ? local.info : theirs.info,
    parts,
    revision: local?.revision ?? 0,
    optimistic: false,
  };
}

/** The conversation after a snapshot of its latest messages, asked for at revision `since`. */
export function mergeSnapshot(transcript: Transcript, page: MessagePage, since: number): Transcript {
  const entries: Record<string, Entry> = {};
  for (const message of page.messages) {
    if ((transcript.removed[message.info.id] ?? 0) > since) continue;
    entries[message.info.id] = mergeEntry(transcript.entries[message.info.id], message, transcript, since);
  }
  const oldest = Math.min(...page.messages.map((message) => message.info.time.created));
  // Without a common message there may be a hole between what was here and the snapshot.
  const overlaps = page.messages.some((message) => message.info.id in transcript.entries);
  let keptOlder = false;
  for (const [id, local] of Object.entries(transcript.entries)) {
    if (id in entries) continue;
    const older = overlaps && page.before !== null && local.info.time.created < oldest;
    if (older) keptOlder = true;
    if (older || local.optimistic || local.revision > since) entries[id] = local;
  }
  return {
    entries,
    order: ordered(entries),
    early: {},
    removed: Object.fromEntries(
      Object.entries(transcript.removed).filter(([, revision]) => revision > since),
    ),
    before: keptOlder ? transcript.before : page.before,
    loaded: true,
    failure: null,
  };
}

/** The conversation with the page before its first message added. */
export function mergeEarlier(transcript: Transcript, page: MessagePage): Transcript {
  const entries: Record<string, Entry> = { ...transcript.entries };
  for (const message of page.messages) {
    if (message.info.id in transcript.removed) continue;
    entries[message.info.id] ??= mergeEntry(undefined, message, transcript, 0);
  }
  return { ...transcript, entries, order: ordered(entries), before: page.before };
}
