import { describe, expect, it } from 'vitest';
import type { ChatView } from '@/shared/api/relay';
import type { Numbered, TranscriptEvent } from './event';
import {
  epoch,
  recordedEnd,
  recordedEvents,
  session,
  snapshotAfter,
  streamSnapshot,
  truthAfter,
} from './recording';
import { type Action, reduce } from './reducer';
import { type EventState, emptyState } from './state';
import { isInterrupted } from './transcript';

const all = recordedEvents.length;

function take(state: EventState, events: readonly Numbered[]): EventState {
  return reduce(state, { type: 'events', events });
}

const asked: Action = { type: 'asked', session };
const loaded = (count: number, of: string = epoch): Action => ({
  type: 'loaded',
  session,
  page: snapshotAfter(count, of),
});

function shown(state: EventState) {
  const transcript = state.transcripts[session];
  return transcript?.order.map((id) => transcript.entries[id]);
}

/** A page that was there before the first event. */
const opened = [asked, loaded(0)].reduce(reduce, take(emptyState, [streamSnapshot(0)]));

/** The same events as another epoch of the relay would number them. */
function inEpoch(events: readonly Numbered[], of: string): Numbered[] {
  return events.map((each) => ({ ...each, at: { epoch: of, count: each.at?.count ?? 0 } }));
}

describe('the recording', () => {
  it('ends as opencode tells it at the end', () => {
    expect(truthAfter(all)).toEqual(recordedEnd);
    expect(recordedEvents.some(({ event }) => event.type === 'message.part.output')).toBe(true);
    expect(recordedEvents.filter(({ event }) => event.type === 'message.part.delta').length).toBeGreaterThan(
      5,
    );
  });
});

describe('a stream that is never cut', () => {
  it('is right at every event, and in one burst', () => {
    let state = opened;
    recordedEvents.forEach((event, index) => {
      state = take(state, [event]);
      expect(shown(state), `after ${index + 1}`).toEqual(truthAfter(index + 1));
    });
    expect(shown(take(opened, recordedEvents))).toEqual(recordedEnd);
  });
});

describe('a stream that is cut and resumed', () => {
  it('is right wherever it was cut, though two attempts told the same', () => {
    for (let cut = 0; cut <= all; cut += 1) {
      for (const again of [0, 1, 7, all]) {
        let state = take(opened, recordedEvents.slice(0, cut));
        state = take(state, [{ at: { epoch, count: cut }, event: { type: 'resumed' } }]);
        state = take(state, recordedEvents.slice(Math.max(0, cut - again), cut + 3));
        expect(shown(state), `cut ${cut}, ${again} again`).toEqual(truthAfter(cut + 3));
        expect(shown(take(state, recordedEvents.slice(cut + 3)))).toEqual(recordedEnd);
      }
    }
  });
});

describe('a stream that begins anew with a snapshot', () => {
  it('is right wherever it was cut, however much was missed, and however late the snapshot came', () => {
    for (let cut = 0; cut < all; cut += 1) {
      for (const missed of [0, 1, 3, 9, 25, all]) {
        const back = Math.min(cut + missed, all);
        for (const [takenLater, arrivesLater] of [
          [0, 0],
          [0, 4],
          [3, 9],
          // Taken after events that the stream is still to bring.
          [6, -4],
        ] as const) {
          for (const next of [epoch, 'e2']) {
            const taken = Math.min(back + takenLater, all);
            const arrives = Math.min(taken + arrivesLater, all);
            const told = inEpoch(recordedEvents, next);
            const where = `cut ${cut}, back ${back}, taken ${taken}, arrived ${arrives}, ${next}`;
            let state = take(opened, recordedEvents.slice(0, cut));
            state = take(state, [streamSnapshot(back, next)]);
            // What is shown stays until the snapshot is there.
            expect(shown(state), where).toEqual(truthAfter(cut));
            state = reduce(state, asked);
            state = take(state, told.slice(back, arrives));
            state = reduce(state, loaded(taken, next));
            expect(shown(state), where).toEqual(truthAfter(Math.max(taken, arrives)));
            state = take(state, told.slice(arrives));
            expect(shown(state), where).toEqual(recordedEnd);
          }
        }
      }
    }
  });

  it('does not take a snapshot of another epoch, and waits for the next', () => {
    let state = take(opened, recordedEvents.slice(0, 20));
    state = take(state, [streamSnapshot(3, 'e2')]);
    state = reduce(reduce(state, asked), loaded(20, epoch));
    expect(shown(state)).toEqual(truthAfter(20));
    expect(state.transcripts[session]?.freshness.type).toBe('asked');
    state = reduce(state, loaded(30, 'e2'));
    expect(shown(state)).toEqual(truthAfter(30));
  });

  it('does not believe the stream about what it may have missed', () => {
    let state = take(opened, recordedEvents.slice(0, 20));
    state = take(state, [streamSnapshot(25)]);
    state = take(state, recordedEvents.slice(25));
    expect(shown(state)).toEqual(truthAfter(20));
  });
});

describe('a page that was opened in mid-answer', () => {
  it('is right at the end, whatever it joined', () => {
    for (let joined = 0; joined < all; joined += 1) {
      let state = reduce(take(emptyState, [streamSnapshot(joined)]), asked);
      state = reduce(state, loaded(joined));
      state = take(state, recordedEvents.slice(joined));
      expect(shown(state), `joined at ${joined}`).toEqual(recordedEnd);
    }
  });
});

describe('single events', () => {
  const last = recordedEnd.at(-1);
  const ended = last?.parts.find((part) => part.type === 'text');
  const done = take(opened, recordedEvents);
  const next = (event: TranscriptEvent): Numbered => ({ at: { epoch, count: all + 1 }, event });

  it('a text that has ended takes no deltas', () => {
    const properties = {
      sessionID: session,
      messageID: String(last?.info.id),
      partID: String(ended?.id),
      field: 'text',
      delta: 'late',
    };
    const state = take(done, [next({ type: 'message.part.delta', properties } as TranscriptEvent)]);
    expect(shown(state)).toEqual(recordedEnd);
  });

  it('an output is cut and continued as told', () => {
    const tool = {
      id: 'prt_t',
      sessionID: session,
      messageID: String(last?.info.id),
      type: 'tool',
      state: { status: 'running', input: {}, metadata: { output: '12345', other: 1 } },
    };
    const updated = { type: 'message.part.updated', properties: { sessionID: session, part: tool, time: 1 } };
    const grown: TranscriptEvent = {
      type: 'message.part.output',
      properties: {
        sessionID: session,
        messageID: tool.messageID,
        partID: 'prt_t',
        head: 1,
        from: 3,
        append: '6😀',
      },
    };
    let state = take(done, [next(updated as unknown as TranscriptEvent)]);
    state = take(state, [{ at: { epoch, count: all + 2 }, event: grown }]);
    const part = state.transcripts[session]?.entries[tool.messageID]?.parts.at(-1);
    expect(part).toEqual({
      ...tool,
      state: { ...tool.state, metadata: { output: '1456😀', other: 1 } },
    });
  });

  it('a message that is removed is gone', () => {
    const properties = { sessionID: session, messageID: String(last?.info.id) };
    const state = take(done, [next({ type: 'message.removed', properties } as TranscriptEvent)]);
    expect(shown(state)).toEqual(recordedEnd.slice(0, -1));
  });
});

describe('earlier messages', () => {
  const [first, ...rest] = recordedEnd;
  const latest = { ...snapshotAfter(all), messages: rest, before: 'cursor' };

  it('are put before, and stay there when the latest are asked for again', () => {
    let state = reduce(take(emptyState, [streamSnapshot(all)]), asked);
    state = reduce(state, { type: 'loaded', session, page: latest });
    expect(shown(state)).toEqual(rest);
    const page = { ...latest, messages: first ? [first] : [], before: null };
    state = reduce(state, { type: 'earlier', session, page });
    expect(shown(state)).toEqual(recordedEnd);
    state = reduce(reduce(state, asked), { type: 'loaded', session, page: latest });
    expect(shown(state)).toEqual(recordedEnd);
    expect(state.transcripts[session]?.before).toBeNull();
  });

  it('are dropped where there may be a hole before the latest', () => {
    let state = reduce(opened, asked);
    state = reduce(state, { type: 'loaded', session, page: { ...latest, messages: first ? [first] : [] } });
    state = reduce(reduce(state, asked), { type: 'loaded', session, page: latest });
    expect(shown(state)).toEqual(rest);
    expect(state.transcripts[session]?.before).toBe('cursor');
  });
});

describe('an answer that was cut off', () => {
  const answer = recordedEvents.findIndex(
    ({ event }) => event.type === 'message.updated' && event.properties.info.role === 'assistant',
  );
  const id = truthAfter(answer + 1).at(-1)?.info.id ?? '';
  const page = { ...snapshotAfter(answer + 1), interrupted: [id], kept: ['prt_k'] };
  const state = reduce(reduce(take(emptyState, [streamSnapshot(answer + 1)]), asked), {
    type: 'loaded',
    session,
    page,
  });

  it('is marked, with what was kept of it', () => {
    expect(isInterrupted(state.transcripts[session], id)).toBe(true);
    expect(state.transcripts[session]?.kept).toEqual({ prt_k: true });
  });

  it('is not any more once it was completed', () => {
    expect(isInterrupted(take(state, recordedEvents).transcripts[session], id)).toBe(false);
  });

  it('is told anew by the next snapshot', () => {
    const again = reduce(reduce(state, asked), loaded(answer + 1));
    expect(isInterrupted(again.transcripts[session], id)).toBe(false);
  });
});

describe('the chats', () => {
  const chat = (id: string, title: string) => ({ id, title }) as ChatView;
  const numbered = (count: number, event: Numbered['event']): Numbered => ({ at: { epoch, count }, event });
  const told = take(emptyState, [
    streamSnapshot(1),
    numbered(2, { type: 'chat', chat: chat('a', 'one') }),
    numbered(3, { type: 'chat', chat: chat('b', 'two') }),
    numbered(4, { type: 'chat', chat: chat('a', 'three') }),
    numbered(5, { type: 'chat_removed', id: 'b' }),
  ]);

  it('are as the stream told them last', () => {
    expect(told.chats).toEqual({ a: chat('a', 'three') });
    expect(told.isKnown).toBe(true);
  });

  it('are not all known until a snapshot is complete', () => {
    const begun = streamSnapshot(1, 'e2');
    const half = take(told, [{ ...begun, event: { ...begun.event, complete: false } as Numbered['event'] }]);
    expect(half.isKnown).toBe(false);
    expect(take(half, [streamSnapshot(2, 'e2')]).isKnown).toBe(true);
  });

  it('are replaced by a snapshot, and an older twin of an event changes nothing', () => {
    expect(take(told, [numbered(3, { type: 'chat', chat: chat('b', 'two') })])).toBe(told);
    expect(take(told, [streamSnapshot(1, 'e2')]).chats).toEqual({});
  });
});
