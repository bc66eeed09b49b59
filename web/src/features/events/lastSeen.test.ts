import { describe, expect, it } from 'vitest';
import type { Message } from '@/shared/api/opencode';
import type { ChatView } from '@/shared/api/relay';
import { surplus } from './keep';
import { outdated, restored, seenChats, seenConversation } from './lastSeen';
import { reduce } from './reducer';
import { type Entry, emptyState, emptyTranscript, type Transcript } from './state';
import { asked, loaded } from './transcript';

function entry(id: string, text = 'said'): Entry {
  const info = { id, sessionID: 's', role: 'assistant', time: { created: Number(id.slice(1)) } } as Message;
  return { info, parts: [{ id: `p${id}`, messageID: id, sessionID: 's', type: 'text', text }] };
}

function conversation(ids: readonly string[], text?: string): Transcript {
  const entries = Object.fromEntries(ids.map((id) => [id, entry(id, text)]));
  return { ...emptyTranscript, loaded: true, order: ids, entries };
}

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `m${from + index}`);
const page = (of: readonly string[], number: string) => ({
  number,
  messages: of.map((id) => ({ ...entry(id), parts: [] })),
  before: 'cursor',
  interrupted: [],
  kept: [],
});

describe('what stays in memory', () => {
  const shown = (sizes: readonly number[]) => sizes.map((size, index) => ({ session: `s${index}`, size }));

  it('is bounded by number and by size, and the latest shown stay', () => {
    expect(surplus(shown([1, 1, 1]), { conversations: 3, size: 10 })).toEqual([]);
    expect(surplus(shown([1, 1, 1]), { conversations: 2, size: 10 })).toEqual(['s2']);
    expect(surplus(shown([4, 4, 4, 1]), { conversations: 9, size: 10 })).toEqual(['s2', 's3']);
    expect(surplus(shown([11, 1]), { conversations: 9, size: 10 })).toEqual(['s0', 's1']);
  });
});

describe('what is kept of a conversation', () => {
  it('is its end', () => {
    const seen = seenConversation('s', conversation(ids(1000, 1200)), 5);
    expect(seen?.order).toEqual(ids(1140, 1200));
    expect(Object.keys(seen?.entries ?? {})).toEqual(ids(1140, 1200));
    expect(seen?.at).toBe(5);
  });

  it('is no more than it may take', () => {
    const seen = seenConversation('s', conversation(ids(1000, 1010), 'x'.repeat(250_000)), 5);
    expect(seen?.order).toEqual(ids(1008, 1010));
  });

  it('is nothing before it was loaded', () => {
    expect(seenConversation('s', emptyTranscript, 5)).toBeNull();
  });

  it('makes room, the oldest first', () => {
    const kept = Array.from({ length: 14 }, (_, at) => ({ session: `s${at}`, at, size: 1 }));
    expect(outdated(kept)).toEqual(['s1', 's0']);
  });
});

describe('a start with what was seen last', () => {
  const chat = { id: 's', updated_at: '2026-01-01T00:00:00Z' } as ChatView;
  const seen = {
    chats: seenChats({ s: chat }, 7),
    conversations: [seenConversation('s', conversation(ids(1, 4)), 7)].filter((each) => each !== null),
  };

  it('shows it, and says as of when', () => {
    const state = restored(emptyState, seen);
    expect(state).toMatchObject({ seenAt: 7, isKnown: false, chats: { s: chat } });
    expect(state.transcripts.s).toMatchObject({ loaded: true, isLastSeen: true, order: ids(1, 4) });
  });

  it('never puts it over what the stream or a snapshot has told', () => {
    const live = {
      ...emptyState,
      position: { epoch: 'e', count: 1 },
      transcripts: { s: conversation(['m9']) },
    };
    expect(restored(live, seen)).toEqual(live);
  });

  it('ends with the first snapshots: they replace all of it', () => {
    const instance = {
      opencode: 'up',
      since: '',
      disk: { available_bytes: 1, total_bytes: 1, low: false },
    } as const;
    const event = { type: 'snapshot' as const, reason: '', chats: [], instance };
    const at = { epoch: 'e', count: 1 };
    const state = reduce(restored(emptyState, seen), { type: 'events', events: [{ at, event }] });
    expect(state).toMatchObject({ seenAt: null, isKnown: true, chats: {} });
    const transcript = state.transcripts.s ?? emptyTranscript;
    // There may be a hole between what was seen and the page, and where the page begins is known by the page alone.
    const fresh = loaded(asked(transcript), page(['m3', 'm50'], 'e-2'), 'e');
    expect(fresh).toMatchObject({ order: ['m3', 'm50'], before: 'cursor', isLastSeen: false });
  });

  it('is put below a snapshot that is under way', () => {
    const state = restored({ ...emptyState, transcripts: { s: asked(emptyTranscript) } }, seen);
    expect(state.transcripts.s).toMatchObject({
      freshness: { type: 'asked' },
      loaded: true,
      isLastSeen: true,
    });
  });
});
