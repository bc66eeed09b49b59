import { beforeEach, describe, expect, it } from 'vitest';
import { type EventState, emptyState, emptyTranscript } from '@/features/events/state';
import type { ChatView } from '@/shared/api/relay';
import { createFollowing, type Following } from './following';
import type { Item } from './item';

const item = { id: 'msg_1', chat: 'ses_1' } as Item;
const live: EventState = { ...emptyState, connection: { phase: 'live' }, isKnown: true };
const cut: EventState = { ...live, connection: { phase: 'reconnecting', reason: null } };
const keeping: EventState = {
  ...live,
  chats: { ses_1: { id: 'ses_1', prompts: [{ id: 'msg_1' }] } as unknown as ChatView },
};

let following: Following;
let now: number;
beforeEach(() => {
  following = createFollowing();
  now = 0;
});

/** Looks every second for so long; answers whether it was let go. */
function isOverAfter(seconds: number, state: EventState): boolean {
  for (let second = 0; second < seconds; second += 1) {
    now += 1_000;
    if (following.over([item], state, now).length > 0) return true;
  }
  return false;
}

describe('a prompt that was handed over', () => {
  it('is let go when the conversation shows it', () => {
    const entry = { info: {}, parts: [{}] };
    const transcript = { ...emptyTranscript, entries: { msg_1: entry } } as never;
    expect(isOverAfter(1, { ...cut, transcripts: { ses_1: transcript } })).toBe(true);
  });

  it('is let go when it is nowhere for long', () => {
    expect(isOverAfter(25, live)).toBe(false);
    expect(isOverAfter(10, live)).toBe(true);
  });

  it('stays while the connection is cut, and for as long after it as ever', () => {
    expect(isOverAfter(25, live)).toBe(false);
    expect(isOverAfter(600, cut)).toBe(false);
    expect(isOverAfter(25, live)).toBe(false);
    expect(isOverAfter(10, live)).toBe(true);
  });

  it('stays while the chats or the conversation are not known', () => {
    expect(isOverAfter(600, { ...live, isKnown: false })).toBe(false);
    expect(isOverAfter(600, { ...live, transcripts: { ses_1: emptyTranscript } })).toBe(false);
  });

  it('stays while the server keeps it', () => {
    expect(isOverAfter(600, keeping)).toBe(false);
    expect(isOverAfter(25, live)).toBe(false);
  });

  it('stays while the device sleeps', () => {
    expect(isOverAfter(5, live)).toBe(false);
    now += 600_000;
    expect(isOverAfter(1, live)).toBe(false);
  });
});
