// From an agent's changes to a pushed branch and on to a pull request, with a thumb.
// One stack and one chat; each step goes on where the one before ended.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { GitStat } from '../src/shared/api/git';
import { openBrowser, openPhone, type Phone, picture, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;
let chat: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  chat = await stack.begin(cookie, 'write notes.md: one\\ntwo\nsay: done');
  await stack.reaches(cookie, chat);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

const button = (name: string | RegExp) => phone.page.getByRole('button', { name });
const next = () => phone.page.getByTestId('shipping');
const stat = async () => (await stack.json<GitStat>(cookie, 'GET', `/admin/chats/${chat}/git`)).body;

test('what was read is committed with the message that the model proposes', async () => {
  await visit(phone.page, `/chat/${chat}/diff`);
  await next().getByText('1 file not committed').waitFor();
  await picture(phone.page, 'shipping-changes');
  await button('Commit…').tap();
  const message = phone.page.getByRole('textbox', { name: 'Message of the commit' });
  await until('a message is proposed', async () =>
    (await message.inputValue()).startsWith('Change notes.md'),
  );
  await picture(phone.page, 'shipping-commit');
  // What was asked of the model is nobody's chat.
  const { body } = await stack.json<{ chats: { id: string }[] }>(cookie, 'GET', '/admin/status');
  expect(body.chats.map(({ id }) => id)).toEqual([chat]);
  await button('Commit 1 file').tap();
  await next().getByText('1 commit not pushed').waitFor();
  expect((await stat()).uncommitted_files).toBe(0);
});

test('one tap pushes it', async () => {
  await picture(phone.page, 'shipping-push');
  await next().getByRole('button', { name: 'Push' }).tap();
  await next().getByText('all pushed').waitFor();
  await picture(phone.page, 'shipping-pushed');
  const { head, remote } = await stat();
  expect(remote?.commit).toBe(head);
});
