/** What the messages of a group need to be shown, the same as before where nothing changed. Pure. */

import type { Entry, Transcript } from '@/features/events/state';
import { isInterrupted } from '@/features/events/transcript';
import type { Group } from './groups';
import { saidIn } from './said';

export interface Row {
  entry: Entry;
  /** Whether it was cut off, and nothing completed it since. */
  isCutOff: boolean;
  /** When the prompt was sent that it answers; null where that is not known. */
  askedAt: number | null;
  /** Of a prompt: what somebody typed; null where nobody did, and of an answer. */
  said: string | null;
}

/** Asked for at each change of the conversation and for all of it, so it must be quick. */
export function rowsOf(
  transcript: Transcript,
  group: Group,
  known: readonly Row[] | undefined,
): readonly Row[] {
  const rows = group.flatMap((id, index) => rowOf(transcript, id, known?.[index]) ?? []);
  const isSame = known?.length === rows.length && rows.every((row, index) => row === known[index]);
  return isSame ? known : rows;
}

function rowOf(transcript: Transcript, id: string, known: Row | undefined): Row | null {
  const entry = transcript.entries[id];
  if (!entry) return null;
  const isPrompt = entry.info.role === 'user';
  const row = {
    entry,
    isCutOff: isInterrupted(transcript, id),
    askedAt: askedAt(transcript, entry),
    said: isPrompt ? saidIn(transcript, entry) : null,
  };
  const isSame =
    known?.entry === entry &&
    known.isCutOff === row.isCutOff &&
    known.askedAt === row.askedAt &&
    known.said === row.said;
  return isSame ? known : row;
}

function askedAt(transcript: Transcript, { info }: Entry): number | null {
  return info.role === 'assistant' ? createdAt(transcript, info.parentID) : null;
}

export function createdAt(transcript: Transcript, message: string | undefined): number | null {
  return transcript.entries[message ?? '']?.info.time.created ?? null;
}
