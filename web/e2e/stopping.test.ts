// Stop stops: what waits behind is held until somebody has it go on. And deleting tells all that speaks against it.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let cookie: string;
let browser: Browser;
let phone: Phone;
let page: Page;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  page = phone.page;
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

const button = (name: string) => page.getByRole('button', { name, exact: true });
const box = () => page.getByRole('textbox', { name: 'Message' });
const pending = () => page.getByTestId('pending-prompt');
const held = () => pending().and(page.locator('[data-state="held"]'));

async function type(text: string): Promise<void> {
  await box().fill(text);
  await button('Send').tap();
  await until('the text is kept', async () => (await box().inputValue()) === '');
}

/** What the user said in a chat, as opencode has it. */
async function said(chat: string): Promise<string[]> {
  interface Message {
    info: { role: string };
    parts: { text?: string }[];
  }
  const { body } = await stack.json<Message[]>(cookie, 'GET', `/session/${chat}/message`);
  return body.filter(({ info }) => info.role === 'user').map(({ parts }) => parts[0]?.text ?? '');
}

const rests = (chat: string) =>
  until('the chat rests', async () => (await stack.view(cookie, chat))?.state === 'done');

/** Has the agent begin something that goes on until it is stopped. */
async function stall(): Promise<void> {
  await rests(chat);
  await type('stall');
  await until('it runs', async () => (await stack.view(cookie, chat))?.state === 'working');
  await until('nothing waits', async () => (await pending().count()) === 0);
  await button('Stop').waitFor();
}

let chat: string;

test('Stop holds what waits behind it, through a reload, until it is sent', async () => {
  await stack.json(cookie, 'POST', '/admin/repos/clone', { repo: 'demo/hello-web' });
  await visit(page, '/new?repo=demo%2Fhello-web');
  await type('say 900 words at 20 per second');
  await page.waitForURL(/\/chat\/ses_/);
  chat = /ses_\w+/.exec(page.url())?.[0] ?? '';
  await page.getByRole('article', { name: 'Agent' }).waitFor();
  for (const text of ['say: two', 'say: three', 'say: four']) await type(text);
  await until(
    'all wait',
    async () => (await pending().and(page.locator('[data-state="waiting"]')).count()) === 3,
  );
  await button('Stop').tap();
  await until('they are held', async () => (await held().count()) === 3);
  await rests(chat);
  await button('Stop').waitFor({ state: 'detached' });
  expect(await held().first().textContent()).toContain('held: you stopped this chat');
  expect(await said(chat)).toHaveLength(1);
  await picture(page, 'held');
  await page.setViewportSize({ width: 320, height: 568 });
  await picture(page, 'held-320');
  await page.setViewportSize({ width: 390, height: 844 });

  await reload(page);
  await until('they are held still', async () => (await held().count()) === 3);
  await held().nth(1).getByRole('button', { name: 'Take back' }).tap();
  await until('its text is back', async () => (await box().inputValue()) === 'say: three');
  await box().fill('');
  await button('Send them').tap();
  await until('they are delivered', async () => (await said(chat)).length === 3);
  expect((await said(chat)).slice(1)).toEqual(['say: two', 'say: four']);
  await until('nothing waits', async () => (await pending().count()) === 0);
});

test('a new prompt has what is held go on before it', async () => {
  await stall();
  await type('say: six');
  await pending().getByText('waiting until the agent is done').waitFor();
  await button('Stop').tap();
  await held().getByRole('button', { name: 'Send it' }).waitFor();
  await type('say: seven');
  await until('both are delivered', async () => (await said(chat)).at(-1) === 'say: seven');
  expect((await said(chat)).slice(-3)).toEqual(['stall', 'say: six', 'say: seven']);
  await until('nothing waits', async () => (await pending().count()) === 0);
});

test('Stop stops also where what waits cannot be held', async () => {
  const down = { status: 503, body: '{}', contentType: 'application/problem+json' };
  await page.route('**/admin/chats/*/stop', (route) => route.fulfill(down));
  await stall();
  await button('Stop').tap();
  await rests(chat);
  await button('Stop').waitFor({ state: 'detached' });
  await page.unroute('**/admin/chats/*/stop');
});

test('deleting tells all that speaks against it, and what has come up since', async () => {
  const { body } = await stack.json<{ directory: string }>(cookie, 'GET', `/admin/chats/${chat}`);
  await writeFile(join(body.directory, 'precious.txt'), 'not committed');
  const fork = await stack.json<{ id: string }>(cookie, 'POST', `/session/${chat}/fork`, {});
  expect(fork.status).toBe(200);
  // It works in the same folder, and shows the same changes.
  await visit(page, `/chat/${fork.body.id}`);
  await page.getByTestId('changes').getByText('1 file changed').waitFor();
  await visit(page, `/chat/${chat}`);
  await page.getByTestId('changes').waitFor();
  await stall();
  await type('say: never');
  await pending().getByText('waiting until the agent is done').waitFor();

  const kinds = () =>
    page.getByTestId('delete-reason').evaluateAll((all) => all.map((each) => each.getAttribute('data-kind')));
  await button('Chat menu').tap();
  await page.getByRole('menuitem', { name: 'Delete' }).tap();
  await button('Delete').tap();
  await page.getByTestId('delete-reason').first().waitFor();
  expect(await kinds()).toEqual(['uncommitted-changes', 'chat-running', 'prompts-waiting', 'folder-shared']);
  await picture(page, 'delete-reasons');

  // One more file, after it was shown.
  await writeFile(join(body.directory, 'newer.txt'), 'not committed');
  await button('Delete anyway').tap();
  await page.getByText('new: 2 files are not committed').waitFor();
  expect((await stack.json(cookie, 'GET', `/admin/chats/${chat}`)).status).toBe(200);
  await picture(page, 'delete-again');
  await button('Delete anyway').tap();
  await page.waitForURL(/\/new/);
  expect((await stack.json(cookie, 'GET', `/admin/chats/${chat}`)).status).toBe(404);
  expect(phone.complaints).toEqual([]);
});
