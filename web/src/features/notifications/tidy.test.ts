import { expect, it } from 'vitest';
import type { ChatView } from '@/shared/api/relay';
import { isOver, liveTags } from './tidy';

it('keeps what waits and what was not looked at, and takes back the rest', () => {
  const chats = [
    { id: 'ses_1', state: 'needs_you', requests: [{ id: 'per_1' }, { id: 'que_1' }] },
    { id: 'ses_2', state: 'unread', requests: [] },
    { id: 'ses_3', state: 'done', requests: [] },
  ] as unknown as ChatView[];
  const live = new Set(liveTags(chats));
  const shown = ['per_1', 'per_0', 'que_1', 'ses_1', 'ses_2', 'ses_3', 'test', 'per_0-outcome'];
  expect(shown.filter((tag) => isOver(tag, live))).toEqual(['per_0', 'ses_1', 'ses_3']);
});
