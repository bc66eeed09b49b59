/** What this device saw last, in the form in which it is kept for a start without a network. Pure. */
import type { ChatView } from '@/shared/api/relay';
import { entrySize, type Limits, surplus } from './keep';
import { type EventState, emptyTranscript, type Transcript } from './state';

/** What was kept in another form is not read. */
export const formVersion = 1;

export interface SeenConversation {
  form: typeof formVersion;
  session: string;
  /** When it was kept, in milliseconds since 1970. */
  at: number;
  size: number;
  entries: Transcript['entries'];
  order: Transcript['order'];
  interrupted: Transcript['interrupted'];
  kept: Transcript['kept'];
}

export interface SeenChats {
  form: typeof formVersion;
  at: number;
  chats: EventState['chats'];
}

export interface LastSeen {
  chats: SeenChats | null;
  conversations: readonly SeenConversation[];
}

export const seenLimits: Limits = { conversations: 12, size: 4_000_000 };
/** Of one conversation, its end: so many messages, and so many characters. */
const tail = { messages: 60, size: 600_000 };
/** Of the chats, those that were active last. */
const mostChats = 200;

/** A conversation's end, to be kept; null for one that never was loaded. */
export function seenConversation(
  session: string,
  transcript: Transcript,
  now: number,
): SeenConversation | null {
  if (!transcript.loaded) return null;
  let size = 0;
  const order: string[] = [];
  for (const id of transcript.order.toReversed().slice(0, tail.messages)) {
    const entry = transcript.entries[id];
    size += entry ? entrySize(entry) : 0;
    if (size > tail.size) break;
    order.unshift(id);
  }
  const kept = new Set(order);
  const ofThese = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(Object.entries(record).filter(([id]) => kept.has(id)));
  return {
    form: formVersion,
    session,
    at: now,
    size,
    order,
    entries: ofThese(transcript.entries),
    interrupted: ofThese(transcript.interrupted),
    // By part, not by message: few, and harmless where the part is not there.
    kept: transcript.kept,
  };
}

export function seenChats(chats: EventState['chats'], now: number): SeenChats {
  const latest = Object.values(chats)
    .sort((a, b) => Date.parse(b.updated_at) - Date.parse(a.updated_at))
    .slice(0, mostChats);
  return { form: formVersion, at: now, chats: byId(latest) };
}

function byId(chats: readonly ChatView[]): EventState['chats'] {
  return Object.fromEntries(chats.map((chat) => [chat.id, chat]));
}

/** The conversations that are kept no longer. */
export function outdated(conversations: readonly Pick<SeenConversation, 'session' | 'at' | 'size'>[]) {
  return surplus(
    conversations.toSorted((a, b) => b.at - a.at),
    seenLimits,
  );
}

/** The state with what was seen last in it, wherever nothing newer is there already. */
export function restored(state: EventState, { chats, conversations }: LastSeen): EventState {
  const transcripts = { ...state.transcripts };
  for (const seen of conversations) {
    const present = transcripts[seen.session];
    if (present?.loaded) continue;
    const { entries, order, interrupted, kept } = seen;
    const { freshness } = present ?? emptyTranscript;
    transcripts[seen.session] = {
      ...emptyTranscript,
      freshness,
      entries,
      order,
      interrupted,
      kept,
      loaded: true,
      isLastSeen: true,
    };
  }
  // Whatever the stream has told is newer.
  if (state.position !== null || chats === null) return { ...state, transcripts };
  return { ...state, transcripts, chats: chats.chats, seenAt: chats.at };
}
