// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { afterEach, expect, it } from 'vitest';
import { emptyState } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import type { ChatView } from '@/shared/api/relay';
import { chatView } from '@/testing/chatView';
import { render } from '@/testing/render';
import { answers, withServer } from '@/testing/server';
import { ChatList } from './ChatList';

withServer();
afterEach(() => useEvents.setState(emptyState, true));

function chat(number: number, more: Partial<ChatView> = {}): ChatView {
  const at = new Date(Date.UTC(2026, 10, 21) - number * 60_000).toISOString();
  const own = { id: `ses_${number}`, title: `Chat ${number}`, last_line: `line ${number}` };
  return { ...chatView, ...own, since: at, updated_at: at, created_at: at, ...more };
}

function show(chats: readonly ChatView[]): void {
  useEvents.setState({ isKnown: true, chats: Object.fromEntries(chats.map((each) => [each.id, each])) });
}

const rows = () => screen.getAllByTestId('chat-row');

it('shows hundreds of chats, follows one that changes, and finds one of them', async () => {
  answers('get', '/admin/chats/git', () => ({ chats: [] }));
  const many = Array.from({ length: 300 }, (_, number) => chat(number));
  show(many);
  render(<ChatList current="ses_1" onChoose={() => undefined} onMenu={() => undefined} />);
  await expect.poll(() => rows().length).toBe(300);
  const [first] = rows();
  show(many.with(0, chat(0, { state: 'working' })));
  await expect.poll(() => first?.dataset.status).toBe('working');
  fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'line 299' } });
  await expect.poll(() => rows().map((row) => row.dataset.chat)).toEqual(['ses_299']);
});

it('keeps what was put away behind one row, and tells whose menu is wanted', async () => {
  answers('get', '/admin/chats/git', () => ({ chats: [] }));
  const asked: string[] = [];
  show([chat(1), chat(2, { archived: true }), chat(3, { archived: true, state: 'needs_you' })]);
  render(<ChatList current={null} onChoose={() => undefined} onMenu={(id) => asked.push(id)} />);
  await expect.poll(() => rows().map((row) => row.dataset.chat)).toEqual(['ses_1', 'ses_3']);
  fireEvent.click(screen.getByRole('button', { name: 'Archived (1)' }));
  expect(rows().map((row) => row.dataset.chat)).toEqual(['ses_1', 'ses_3', 'ses_2']);
  fireEvent.click(screen.getByRole('button', { name: 'More: Chat 2' }));
  expect(asked).toEqual(['ses_2']);
});
