import { describe, expect, it } from 'vitest';
import type { Message } from '@/shared/api/opencode';
import type { StreamEvent } from './event';
import { recordedEnd, recordedEvents, session, snapshotAfter } from './recording';
import { type Action, reduce } from './reducer';
import { type EventState, emptyState, type LivePart } from './state';

const directory = '/vol/worktree';
const opened = reduce(emptyState, { type: 'open', session });
const live: Action = { type: 'connection', connection: { phase: 'live' } };

function take(state: EventState, events: readonly StreamEvent[]): EventState {
  return reduce(state, { type: 'events', events });
}

function shown(state: EventState) {
  const transcript = state.transcripts[session];
  return transcript?.order.map((id) => ({
    id,
    parts: transcript.entries[id]?.parts.map(({ part, gaps }) => ({ part, gaps })),
  }));
}

const complete = recordedEnd.map(({ info, parts }) => ({
  id: info.id,
  parts: parts.map((part) => ({ part, gaps: [] })),
}));

/** The texts that are shown, cut at their gaps: each must be a piece of the whole, in order, none twice. */
function pieces({ part, gaps }: LivePart): string[] {
  if (!('text' in part)) return [];
  const bounds = [0, ...gaps, part.text.length];
  return bounds.slice(1).map((end, index) => part.text.slice(bounds[index], end));
}

function expectNothingDoubled(state: EventState): void {
  for (const entry of Object.values(state.transcripts[session]?.entries ?? {})) {
    for (const live of entry.parts) {
      const whole = recordedEnd.flatMap(({ parts }) => parts).find(({ id }) => id === live.part.id);
      if (!whole || !('text' in whole)) continue;
      let from = 0;
      for (const piece of pieces(live)) {
        const at = whole.text.indexOf(piece, from);
        expect(at, `"${piece}" of "${whole.text}" after ${from}`).toBeGreaterThanOrEqual(from);
        from = at + piece.length;
      }
    }
  }
}

describe('a stream that is never cut', () => {
  it('gives what opencode tells at the end, event by event or in one burst', () => {
    expect(shown(take(opened, recordedEvents))).toEqual(complete);
    expect(shown(recordedEvents.reduce((state, event) => take(state, [event]), opened))).toEqual(complete);
  });

  it('says that the session runs, and that it does not any more', () => {
    const busy = recordedEvents.findIndex((event) => event.type === 'session.status');
    expect(take(opened, recordedEvents.slice(0, busy + 1)).statuses[session]?.value.type).toBe('busy');
    expect(take(opened, recordedEvents).statuses[session]?.value.type).toBe('idle');
  });
});

describe('a stream that is cut', () => {
  it('is right again wherever it was cut, however much was missed, and however late the snapshot came', () => {
    const all = recordedEvents.length;
    for (let cut = 0; cut < all; cut += 1) {
      for (const missed of [0, 1, 3, 9, 25, all]) {
        const back = Math.min(cut + missed, all);
        for (const [takenLater, arrivesLater] of [
          [0, 0],
          [0, 4],
          [3, 9],
        ] as const) {
          const taken = Math.min(back + takenLater, all);
          const arrives = Math.min(taken + arrivesLater, all);
          let state = take(opened, recordedEvents.slice(0, cut));
          state = reduce(state, live);
          const since = state.revision;
          state = take(state, recordedEvents.slice(back, arrives));
          state = reduce(state, { type: 'snapshot', session, page: snapshotAfter(taken), since });
          expectNothingDoubled(state);
          state = take(state, recordedEvents.slice(arrives));
          expectNothingDoubled(state);
          expect(shown(state), `cut ${cut}, back ${back}, taken ${taken}, arrived ${arrives}`).toEqual(
            complete,
          );
        }
      }
    }
  });

  it('is right after being cut again and again', () => {
    let state = opened;
    for (let at = 0; at < recordedEvents.length; at += 5) {
      // Of each five events three arrive.
      state = take(state, recordedEvents.slice(at, at + 3));
      state = reduce(state, live);
      state = reduce(state, {
        type: 'snapshot',
        session,
        page: snapshotAfter(at + 5),
        since: state.revision,
      });
      expectNothingDoubled(state);
    }
    expect(shown(state)).toEqual(complete);
  });

  it('keeps a text that opencode has not stored yet, and marks where pieces are missing', () => {
    const first = recordedEvents.findIndex(
      (event) => event.type === 'message.part.delta' && event.properties.delta === 'word4 ',
    );
    let state = take(opened, recordedEvents.slice(0, first + 2));
    state = reduce(state, live);
    state = reduce(state, {
      type: 'snapshot',
      session,
      page: snapshotAfter(first + 3),
      since: state.revision,
    });
    state = take(state, recordedEvents.slice(first + 3, first + 4));
    const growing = Object.values(state.transcripts[session]?.entries ?? {})
      .flatMap(({ parts }) => parts)
      .find(({ gaps }) => gaps.length > 0);
    expect(growing && pieces(growing).length).toBe(2);
    expect(growing && pieces(growing).every((piece) => piece !== '')).toBe(true);
  });
});

describe('a page that was opened in mid-answer', () => {
  it('is right at the end, whatever it joined', () => {
    for (let joined = 0; joined < recordedEvents.length; joined += 1) {
      let state = reduce(opened, live);
      state = reduce(state, {
        type: 'snapshot',
        session,
        page: snapshotAfter(joined),
        since: state.revision,
      });
      state = take(state, recordedEvents.slice(joined));
      expect(shown(state), `joined at ${joined}`).toEqual(complete);
    }
  });
});

describe('a prompt that is shown before it is confirmed', () => {
  const message = {
    id: recordedEnd[0]?.info.id,
    sessionID: session,
    role: 'user',
    // A clock that is far ahead.
    time: { created: Date.parse('2100-01-01') },
    agent: 'build',
    model: { providerID: '', modelID: '' },
  } as Message;
  const sent = reduce(opened, { type: 'sent', message, text: 'typed' });

  it('becomes the confirmed one, once', () => {
    expect(shown(sent)?.length).toBe(1);
    expect(shown(take(sent, recordedEvents))).toEqual(complete);
  });

  it('survives a snapshot that does not know it yet', () => {
    const state = reduce(sent, {
      type: 'snapshot',
      session,
      page: { messages: [], before: null },
      since: sent.revision,
    });
    expect(shown(state)).toEqual(shown(sent));
  });

  it('goes when it could not be sent, and stays when it arrived after all', () => {
    const unsent: Action = { type: 'unsent', session, message: message.id };
    expect(shown(reduce(sent, unsent))).toEqual([]);
    expect(shown(reduce(take(sent, recordedEvents), unsent))).toEqual(complete);
  });
});

describe('what waits for an answer', () => {
  const asked = (id: string) =>
    ({
      type: 'permission.asked',
      directory,
      properties: { id, sessionID: session, permission: 'bash', patterns: [], metadata: {}, always: [] },
    }) as unknown as StreamEvent;

  it('is replaced by a snapshot, except for what was asked since', () => {
    let state = take(emptyState, [asked('per_old')]);
    const since = state.revision;
    state = take(state, [asked('per_new')]);
    state = reduce(state, { type: 'permissions', directory, requests: [], since });
    expect(Object.keys(state.permissions)).toEqual(['per_new']);
  });

  const event = (type: string, properties: object) => ({ type, directory, properties }) as StreamEvent;
  const status = (type: string) => event('session.status', { sessionID: session, status: { type } });
  const waiting = take(emptyState, [status('busy'), asked('per_1')]);
  const requests = Object.values(waiting.permissions).map(({ value }) => value);

  it('is not brought back by a snapshot that was under way when it was answered', () => {
    for (const answered of [
      take(waiting, [event('permission.replied', { sessionID: session, requestID: 'per_1' })]),
      reduce(waiting, { type: 'answered', request: 'per_1' }),
    ]) {
      const late = reduce(answered, { type: 'permissions', directory, requests, since: waiting.revision });
      expect(late.permissions).toEqual({});
    }
  });

  it('waits no more once its session was stopped, though opencode still lists it', () => {
    const stopped = take(waiting, [status('idle')]);
    expect(stopped.permissions).toEqual({});
    const since = stopped.revision;
    const asked = reduce(stopped, { type: 'statuses', directory, statuses: {}, since });
    expect(reduce(asked, { type: 'permissions', directory, requests, since }).permissions).toEqual({});
  });

  it('is told by a snapshot where its session runs, or where nobody knows', () => {
    const told: Action = { type: 'permissions', directory, requests, since: 0 };
    expect(Object.keys(reduce(emptyState, told).permissions)).toEqual(['per_1']);
    const statuses = { [session]: { type: 'busy' as const } };
    const busy = reduce(emptyState, { type: 'statuses', directory, statuses, since: 0 });
    expect(Object.keys(reduce(busy, told).permissions)).toEqual(['per_1']);
  });

  it('of another directory is left alone', () => {
    const state = take(emptyState, [asked('per_1')]);
    const other = reduce(state, {
      type: 'permissions',
      directory: '/elsewhere',
      requests: [],
      since: state.revision,
    });
    expect(Object.keys(other.permissions)).toEqual(['per_1']);
  });
});

describe('a crash of opencode in mid-answer', () => {
  it('keeps the text and knows that nothing runs', () => {
    const delta = recordedEvents.findLastIndex((event) => event.type === 'message.part.delta');
    let state = take(opened, recordedEvents.slice(0, delta + 1));
    const before = shown(state);
    state = reduce(state, { type: 'connection', connection: { phase: 'reconnecting', reason: null } });
    state = reduce(state, live);
    const since = state.revision;
    state = reduce(state, { type: 'snapshot', session, page: snapshotAfter(delta + 1), since });
    state = reduce(state, { type: 'statuses', directory, statuses: {}, since });
    expect(shown(state)).toEqual(before);
    expect(state.statuses[session]).toBeUndefined();
    expect(state.surveyed[directory]).toBe(true);
  });
});
