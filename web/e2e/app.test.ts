// The page as an app: gestures, back, the keyboard, starting offline, updates, and nobody kept out.
import type { Browser, CDPSession } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone } from './browser';
import { Network } from './network';
import { Stack, until } from './stack';

let stack: Stack;
let network: Network;
let browser: Browser;
let phone: Phone;
let cookie: string;
let chats: string[];

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  network = await Network.to(stack.port);
  browser = await openBrowser();
  phone = await openPhone(browser, network.url);
  const [name = '', value = ''] = cookie.split('=');
  await phone.context.addCookies([{ name, value, url: network.url }]);
  chats = [await chat('say the first thing'), await chat('say the second thing')];
});
afterAll(async () => {
  await browser?.close();
  network?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

interface Status {
  chats: { id: string; state: string }[];
}

/** A chat whose first answer has been given. */
async function chat(prompt: string): Promise<string> {
  const repo = 'demo/hello-web';
  const { body } = await stack.json<{ id: string }>(cookie, 'POST', '/admin/chats', { repo, prompt });
  await until(
    'it has been answered',
    async () => {
      const status = await stack.json<Status>(cookie, 'GET', '/admin/status');
      return status.body.chats.some(({ id, state }) => id === body.id && ['unread', 'done'].includes(state));
    },
    90,
  );
  return body.id;
}

const button = (name: string | RegExp) => phone.page.getByRole('button', { name });
const box = () => phone.page.getByRole('textbox', { name: 'Message' });
const drawer = () => phone.page.getByRole('complementary', { name: 'Chats and pages' });
const question = (word: string) => phone.page.getByRole('article', { name: 'You' }).getByText(word);
const answer = () => phone.page.getByRole('article', { name: 'Agent' }).last();

/** In the open drawer. */
async function choose(index: 0 | 1): Promise<void> {
  await drawer().locator(`[data-chat="${chats[index]}"]`).getByRole('link').tap();
}

interface Point {
  x: number;
  y: number;
}

/** A finger that goes from one place to another. */
async function swipe(from: Point, to: Point): Promise<void> {
  const session: CDPSession = await phone.context.newCDPSession(phone.page);
  const steps = 8;
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [from] });
  for (let step = 1; step <= steps; step += 1) {
    const x = from.x + ((to.x - from.x) * step) / steps;
    const y = from.y + ((to.y - from.y) * step) / steps;
    await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y }] });
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

test('a swipe opens the drawer and another closes it; what begins at the edge is left to the system', async () => {
  await phone.page.goto(`/chat/${chats[0]}`);
  await answer().waitFor();
  await swipe({ x: 200, y: 300 }, { x: 210, y: 600 });
  expect(await drawer().count()).toBe(0);
  await swipe({ x: 120, y: 30 }, { x: 330, y: 40 });
  await drawer().waitFor();
  await swipe({ x: 280, y: 400 }, { x: 40, y: 390 });
  await drawer().waitFor({ state: 'hidden' });
  await swipe({ x: 10, y: 400 }, { x: 300, y: 400 });
  expect(await drawer().count()).toBe(0);
});

test('a swipe yields to text that is selected, and to what scrolls sideways', async () => {
  await phone.page.evaluate(() => {
    const text = document.querySelector('article');
    if (text) getSelection()?.selectAllChildren(text);
  });
  await swipe({ x: 120, y: 30 }, { x: 330, y: 40 });
  expect(await drawer().count()).toBe(0);
  await phone.page.evaluate(() => getSelection()?.empty());
  // The chips scroll sideways where they do not fit.
  await phone.page.setViewportSize({ width: 200, height: 568 });
  const chip = await button(/^Mode:/).boundingBox();
  if (!chip) throw new Error('no chip');
  await swipe({ x: chip.x + 20, y: chip.y + 20 }, { x: 175, y: chip.y + 20 });
  expect(await drawer().count()).toBe(0);
  await phone.page.setViewportSize({ width: 390, height: 844 });
});

test('back closes a sheet or the drawer, and only then leaves the chat', async () => {
  const { page } = phone;
  await page.goto(`/chat/${chats[0]}`);
  await answer().waitFor();
  await button('Chats').tap();
  await choose(1);
  await page.waitForURL(`**/chat/${chats[1]}`);
  await button('Chat menu').tap();
  await page.getByRole('dialog').waitFor();
  await page.goBack();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(page.url()).toContain(chats[1]);
  await button(/^Chats/).tap();
  await drawer().waitFor();
  await page.goBack();
  await drawer().waitFor({ state: 'hidden' });
  expect(page.url()).toContain(chats[1]);
  // Closed by hand: no entry is left behind.
  await button('Chat menu').tap();
  await page.getByRole('button', { name: 'Close' }).last().tap();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.goBack();
  await page.waitForURL(`**/chat/${chats[0]}`);
});

/** Whether the phone has the whole page. */
async function isKept(): Promise<boolean> {
  return phone.page.evaluate(async () => (await caches.match('/')) !== undefined);
}

test('a chat that was seen is there at once when it is shown again', async () => {
  const { page } = phone;
  await page.goto(`/chat/${chats[0]}`);
  await question('first').waitFor();
  await button(/^Chats/).tap();
  await choose(1);
  await question('second').waitFor();
  network.reset();
  await button(/^Chats/).tap();
  await choose(0);
  await question('first').waitFor({ timeout: 1_000 });
  network.restore();
  await page.getByTestId('connection').waitFor({ state: 'detached' });
});

test('without a network it starts with what was seen last, and says as of when', async () => {
  const { page } = phone;
  await page.goto(`/chat/${chats[1]}`);
  await question('second').waitFor();
  await until('the page is kept', isKept);
  await until('what is seen is kept', () =>
    page.evaluate(async (id) => {
      const database = await new Promise<IDBDatabase>((done) => {
        const request = indexedDB.open('ocweb-last-seen');
        request.onsuccess = () => done(request.result);
      });
      const read = database.transaction('conversations').objectStore('conversations').get(String(id));
      const seen = await new Promise<{ order: unknown[] } | undefined>((done) => {
        read.onsuccess = () => done(read.result);
      });
      database.close();
      return (seen?.order.length ?? 0) > 1;
    }, chats[1]),
  );
  network.reset();
  await page.reload();
  await question('second').waitFor();
  await page
    .getByTestId('connection')
    .getByText(/offline: as of \d/)
    .waitFor();
  await box().fill('typed without a network');
  await button(/^Chats/).tap();
  await choose(0);
  await question('first').waitFor();
  // Every part of the page is here, also those that were never looked at.
  await page.goto('/settings');
  await page.getByTestId('settings-row').first().waitFor();
  await page.goto('/');
  await page.waitForURL(/\/chat\/ses_/);
  network.restore();
  await page.getByTestId('connection').waitFor({ state: 'detached' });
});

test('who is not logged in any more comes to the login, and nothing of the chats stays', async () => {
  const other = await openPhone(browser, stack.url);
  const [name = '', value = ''] = (await stack.login()).split('=');
  await other.context.addCookies([{ name, value, url: stack.url }]);
  await other.page.goto(`/chat/${chats[0]}`);
  await other.page.getByRole('article', { name: 'Agent' }).last().waitFor();
  await until('the page is kept', () =>
    other.page.evaluate(async () => (await caches.match('/')) !== undefined),
  );
  await other.page.goto('/devices');
  await other.page.getByRole('button', { name: 'Log out', exact: true }).tap();
  await other.page.getByLabel('password').waitFor();
  const left = await other.page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map((each) => each.name),
    caches: await caches.keys(),
  }));
  expect(left.caches).toEqual([]);
  expect(left.databases).not.toContain('ocweb-last-seen');
  await other.page.goto(`/chat/${chats[0]}`);
  await other.page.waitForURL(/\/auth\/login\?next=/);
  expect(other.complaints).toEqual([]);
  await other.context.close();
});
