import { expect, it } from 'vitest';
import type { ChatView } from '@/shared/api/relay';
import { isOver } from './isOver';

const run = (started_at: string, ended_at: string | null = null) => ({ started_at, ended_at });
const chat = (state: ChatView['state'], more: object = {}) =>
  ({ id: 'a', state, prompts: [], run: null, ...more }) as unknown as ChatView;
const running = chat('working', { run: run('1') });
const sending = { prompts: [{ id: 'msg_1', state: 'sending' }] };

it('what works, retries or asks is not over', () => {
  for (const state of ['working', 'retrying', 'needs_you'] as const) {
    expect(isOver(running, chat(state, { run: run('1') }))).toBe(false);
  }
});

it('what rests is over, and so is a chat that is gone', () => {
  expect(isOver(running, chat('done', { run: run('1', '2') }))).toBe(true);
  expect(isOver(running, undefined)).toBe(true);
});

it('the run of a prompt that waited behind is another one', () => {
  expect(isOver(running, chat('working', { run: run('3') }))).toBe(true);
});

it('a prompt on its way is not over before it has come and gone', () => {
  const before = chat('done', { ...sending, run: run('1', '2') });
  expect(isOver(before, chat('done', { ...sending, run: run('1', '2') }))).toBe(false);
  expect(isOver(before, chat('working', { run: run('3') }))).toBe(false);
  expect(isOver(before, chat('done', { run: run('3', '4') }))).toBe(true);
});
