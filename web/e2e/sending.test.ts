// What is typed on the phone is sent once and in order: without a network, after the app was ended, from two tabs.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE } from './bars';
import { chromiumPath, chromiumSwitches, giveCookie, picture, visit } from './browser';
import { Network } from './network';
import { Stack, until } from './stack';

let stack: Stack;
let cookie: string;
let network: Network;
let profile: string;
let context: BrowserContext;

/** The app on the phone: its storage outlives it. */
async function openApp(): Promise<Page> {
  context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath,
    args: chromiumSwitches,
    baseURL: network.url,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  context.setDefaultTimeout(PATIENCE);
  await giveCookie(context, network.url, cookie);
  return context.pages()[0] ?? context.newPage();
}

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  network = await Network.to(stack.port);
  profile = await mkdtemp(join(tmpdir(), 'ocweb-phone-'));
  await stack.json(cookie, 'POST', '/admin/repos/clone', { repo: 'demo/hello-web' });
});
afterAll(async () => {
  await context?.close();
  network?.close();
  await stack?.remove();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
});

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const pending = (page: Page) => page.getByTestId('pending-prompt');
const chatOf = (page: Page) => /ses_\w+/.exec(page.url())?.[0] ?? '';

async function send(page: Page, text: string): Promise<void> {
  await box(page).fill(text);
  await page.getByRole('button', { name: 'Send', exact: true }).tap();
  await until('the text is kept', async () => (await box(page).inputValue()) === '');
}

/** What the user said in a chat, as opencode has it. */
async function said(chat: string): Promise<string[]> {
  interface Message {
    info: { role: string };
    parts: { type: string; text?: string; synthetic?: boolean }[];
  }
  const { status, body } = await stack.json<Message[]>(cookie, 'GET', `/session/${chat}/message`);
  if (status !== 200) return [];
  return body
    .filter(({ info }) => info.role === 'user')
    .map(({ parts }) =>
      parts
        .filter(({ type, synthetic }) => type === 'text' && !synthetic)
        .map(({ text }) => text)
        .join(''),
    );
}

test('airplane mode and the end of the app: a new chat and what follows it arrive once, in order', async () => {
  const page = await openApp();
  await visit(page, '/new?repo=demo%2Fhello-web');
  await box(page).waitFor();
  network.stall();
  await page.getByTestId('connection').waitFor();
  await send(page, 'say: one');
  await page.waitForURL(/\/chat\/ses_/);
  const chat = chatOf(page);
  await send(page, 'say: two');
  await send(page, 'say: three');
  expect(await pending(page).count()).toBe(3);
  await pending(page).first().getByText('on this phone, waiting for the network').waitFor();
  await picture(page, 'offline');

  // The last is taken back, after what was typed meanwhile.
  await box(page).fill('newer');
  await pending(page).last().getByRole('button', { name: 'Take back' }).tap();
  await until('the text is back', async () => (await box(page).inputValue()) === 'newer\nsay: three');
  await context.close();

  network.restore();
  const again = await openApp();
  await visit(again, '/');
  await until('both were delivered', async () => (await said(chat)).length === 2);
  await again.getByRole('article', { name: 'Agent' }).getByText('two').waitFor();
  await until('nothing waits', async () => (await pending(again).count()) === 0);
  expect(await said(chat)).toEqual(['say: one', 'say: two']);
  expect(await box(again).inputValue()).toBe('newer\nsay: three');
  await box(again).fill('');
});

test('without a network a new chat can be taken back as if it had never been', async () => {
  const page = context.pages()[0] ?? (await openApp());
  // What was tried before the first connection stood may have arrived, and is not taken back without an answer.
  const stream = page.waitForResponse((response) => response.url().includes('/admin/events'));
  await visit(page, '/new?repo=demo%2Fhello-web');
  await stream;
  await page.getByTestId('connection').waitFor({ state: 'detached' });
  network.stall();
  await page.getByTestId('connection').getByText('reconnecting').waitFor();
  await send(page, 'say: never mind');
  await page.waitForURL(/\/chat\/ses_/);
  const chat = chatOf(page);
  await pending(page).getByRole('button', { name: 'Take back' }).tap();
  await page.waitForURL(/\/new/);
  expect(await box(page).inputValue()).toBe('say: never mind');
  network.restore();
  await page.getByTestId('connection').waitFor({ state: 'detached' });
  expect((await stack.json(cookie, 'GET', `/admin/chats/${chat}`)).status).toBe(404);
  await box(page).fill('');
});

test('a prompt waits for the agent, can be taken back, and can be sent at once', async () => {
  const page = context.pages()[0] ?? (await openApp());
  await visit(page, '/new?repo=demo%2Fhello-web');
  await send(page, 'say 400 words at 20 per second');
  await page.waitForURL(/\/chat\/ses_/);
  const chat = chatOf(page);
  await page.getByRole('article', { name: 'Agent' }).waitFor();
  await send(page, 'say: taken back');
  await send(page, 'say: at once');
  await pending(page).first().getByText('waiting until the agent is done').waitFor();
  await picture(page, 'waiting');
  await pending(page).first().getByRole('button', { name: 'Take back' }).tap();
  await until('the text is back', async () => (await box(page).inputValue()) === 'say: taken back');
  await box(page).fill('');
  await pending(page).getByRole('button', { name: 'Send now' }).tap();
  await until('opencode has it', async () => (await said(chat)).length === 2);
  expect(await said(chat)).toEqual(['say 400 words at 20 per second', 'say: at once']);
  await until('nothing waits', async () => (await pending(page).count()) === 0);
  await page.getByRole('button', { name: 'Stop' }).tap();
});

test('two tabs do not overtake each other', async () => {
  const first = context.pages()[0] ?? (await openApp());
  await visit(first, '/new?repo=demo%2Fhello-web');
  await send(first, 'say: 0');
  await first.waitForURL(/\/chat\/ses_/);
  const chat = chatOf(first);
  const second = await context.newPage();
  await visit(second, `/chat/${chat}`);
  await second.getByRole('article', { name: 'Agent' }).waitFor();
  network.stall();
  await first.getByTestId('connection').waitFor();
  await second.getByTestId('connection').waitFor();
  const expected = ['say: 0'];
  for (let number = 1; number <= 4; number += 1) {
    const tab = number % 2 === 0 ? first : second;
    await tab.bringToFront();
    await send(tab, `say: ${number}`);
    expected.push(`say: ${number}`);
    await until(
      'both tabs show it',
      async () => (await pending(number % 2 === 0 ? second : first).count()) === number,
    );
  }
  network.restore();
  await until('all were delivered', async () => (await said(chat)).length === expected.length);
  expect(await said(chat)).toEqual(expected);
});
