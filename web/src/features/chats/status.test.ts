import { describe, expect, it } from 'vitest';
import type { ChatActivity, ChatView } from '@/shared/api/relay';
import { countWaiting, documentTitle, isReady, statusSign } from './status';

const states: ChatActivity[] = [
  'queued',
  'preparing',
  'working',
  'retrying',
  'needs_you',
  'unread',
  'done',
  'failed',
  'interrupted',
];

describe('the states', () => {
  it('have a word each', () => {
    expect(new Set(states.map((state) => statusSign(state).word)).size).toBe(states.length);
  });

  it('have a mark each, or move', () => {
    const marks = states.map((state) => statusSign(state).mark).filter((mark) => mark !== null);
    expect(new Set(marks).size).toBe(marks.length);
    expect(states.filter((state) => statusSign(state).mark === null)).toEqual(['preparing', 'working']);
  });
});

describe('isReady', () => {
  const chat = { preparation: null, state: 'done', run: null, prompts: [] } as unknown as ChatView;
  const run = {} as ChatView['run'];

  it('is so unless the working copy is being made, or could not be made', () => {
    expect(isReady(chat)).toBe(true);
    expect(isReady({ ...chat, preparation: { state: 'queued', progress: null } })).toBe(false);
    expect(isReady({ ...chat, state: 'failed' })).toBe(false);
  });

  it('is so where it was a run or a prompt that failed', () => {
    expect(isReady({ ...chat, state: 'failed', run })).toBe(true);
    const prompts = [{ state: 'failed' }] as ChatView['prompts'];
    expect(isReady({ ...chat, state: 'failed', prompts })).toBe(true);
  });
});

describe('what waits', () => {
  const chats = Object.fromEntries(
    ['needs_you', 'unread', 'unread', 'working', 'done'].map((state, id) => [id, { state } as ChatView]),
  );

  it('is counted', () => expect(countWaiting(chats)).toEqual({ needsYou: 1, unread: 2 }));

  it('stands before the title', () => {
    expect(documentTitle('A chat', countWaiting(chats))).toBe('(1?) (2●) A chat');
    expect(documentTitle('A chat', countWaiting({}))).toBe('A chat');
  });
});
