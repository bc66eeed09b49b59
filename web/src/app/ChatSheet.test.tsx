// @vitest-environment happy-dom
import { fireEvent, screen } from '@testing-library/react';
import { HttpResponse, http } from 'msw';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { chatView } from '@/testing/chatView';
import { render } from '@/testing/render';
import { answers, refuses, server, withServer } from '@/testing/server';
import ChatSheet from './ChatSheet';

withServer();

/** What was saved on the device. */
let saved: { name: string; content: string }[];

beforeEach(() => {
  saved = [];
  answers('get', '/admin/chats/{id}/setup', () => ({ setup: null }));
  // The menu asks whether the chat is muted; that is not what is looked at here.
  server.use(http.get('*/admin/notifications/settings', () => HttpResponse.json({ muted_chats: [] })));
  const contents = new Map<string, Blob>();
  vi.spyOn(URL, 'createObjectURL').mockImplementation((content) => {
    const address = `blob:${contents.size}`;
    contents.set(address, content as Blob);
    return address;
  });
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(async function (this: HTMLAnchorElement) {
    const content = await contents.get(this.href)?.text();
    saved.push({ name: this.download, content: content ?? '' });
  });
});
afterEach(() => vi.restoreAllMocks());

const exported = () => screen.findByRole('menuitem', { name: /^Export the conversation/ });

it('exports the conversation as a file named after the chat, and closes', async () => {
  const conversation = { info: { id: 'ses_1' }, messages: [{ info: { id: 'msg_1' }, parts: [] }] };
  answers('get', '/admin/chats/{id}/conversation', ({ url }) => {
    expect(url.pathname).toBe('/admin/chats/ses_1/conversation');
    return conversation as never;
  });
  const onClose = vi.fn();
  render(<ChatSheet chat={{ ...chatView, title: 'Fix: größe & “login”!' }} onClose={onClose} />);
  fireEvent.click(await exported());
  await expect.poll(() => saved).toHaveLength(1);
  expect(saved[0]?.name).toBe('Fix-größe-login.json');
  expect(JSON.parse(saved[0]?.content ?? '')).toEqual(conversation);
  await expect.poll(() => onClose.mock.calls.length).toBe(1);
});

it('says why a conversation is not exported, saves nothing, and lets it be tried again', async () => {
  const detail = 'opencode does not answer. Try again in a moment.';
  refuses('get', '/admin/chats/{id}/conversation', { status: 503, title: 'Not now', detail });
  const onClose = vi.fn();
  render(<ChatSheet chat={chatView} onClose={onClose} />);
  fireEvent.click(await exported());
  await expect.poll(async () => (await exported()).textContent).toContain(`Not exported. ${detail}`);
  expect((await exported()).hasAttribute('disabled')).toBe(false);
  expect([saved, onClose.mock.calls]).toEqual([[], []]);
});

it('offers no export of a chat that is still prepared', async () => {
  const preparation = { state: 'cloning', progress: null };
  render(<ChatSheet chat={{ ...chatView, preparation, directory: null }} onClose={() => undefined} />);
  await screen.findByRole('menuitem', { name: 'Mute notifications' });
  expect(screen.queryByRole('menuitem', { name: /^Export/ })).toBeNull();
});
