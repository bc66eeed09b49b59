import { describe, expect, it } from 'vitest';
import type { ChatView, PendingRequest } from '@/shared/api/relay';
import { countWaiting, ended, voided, waiting } from './select';

const empty = { state: 'done', title: null, prompts: [], requests: [], stale_requests: [] };

function chat(given: Partial<ChatView>): ChatView {
  return { ...empty, ...given } as ChatView;
}

function request(id: string, asked_at: string): PendingRequest {
  return { id, asked_at, kind: 'permission' } as PendingRequest;
}

const chats = [
  chat({
    id: 'ses_1',
    requests: [request('late', '2026-01-02T10:00:00.5Z'), request('later', '2026-01-02T12:00:00+01:00')],
  }),
  chat({ id: 'ses_2', requests: [request('early', '2026-01-02T10:00:00Z')] }),
];

describe('what waits', () => {
  it('is of all chats, the oldest first, whatever way the time is written', () => {
    expect(waiting(chats).map(({ chat, item }) => `${chat.id} ${item.id}`)).toEqual([
      'ses_2 early',
      'ses_1 late',
      'ses_1 later',
    ]);
    expect(countWaiting(chats)).toBe(3);
  });

  it('leaves the store’s own order alone', () => {
    waiting(chats);
    expect(chats[0]?.requests[0]?.id).toBe('late');
  });
});

it('tells what became void with the chat it was of', () => {
  const lost = { id: 'que_1', kind: 'question', summary: 'Which?', at: '2026-01-02T10:00:00Z' } as const;
  expect(voided([...chats, chat({ id: 'ses_3', stale_requests: [lost] })])).toMatchObject([
    { chat: { id: 'ses_3' }, item: { id: 'que_1' } },
  ]);
});

it('lists what ended in some way, not what runs, asks or was read', () => {
  const states = ['unread', 'working', 'failed', 'needs_you', 'done', 'interrupted', 'queued'] as const;
  const some = states.map((state, index) => chat({ id: state, state, since: `2026-01-02T10:0${index}:00Z` }));
  expect(ended(some).map(({ id }) => id)).toEqual(['interrupted', 'failed', 'unread']);
});
