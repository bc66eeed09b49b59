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
const answer = () => phone.page.getByRole('article', { name: 'Agent' }).last();

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
  await swipe({ x: 60, y: 400 }, { x: 300, y: 410 });
  await drawer().waitFor();
  await swipe({ x: 280, y: 400 }, { x: 40, y: 390 });
  await drawer().waitFor({ state: 'hidden' });
  console.log(phone.page.url());
  await swipe({ x: 10, y: 400 }, { x: 300, y: 400 });
  expect(await drawer().count()).toBe(0);
  await new Promise((d) => setTimeout(d, 1000));
  console.log(phone.page.url());
});

test('a swipe yields to text that is selected, and to what scrolls sideways', async () => {
  await phone.page.evaluate(() => {
    const text = document.querySelector('article');
    if (text) getSelection()?.selectAllChildren(text);
  });
  await swipe({ x: 60, y: 400 }, { x: 300, y: 410 });
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
  await drawer().getByTestId('chat-row').filter({ hasText: 'second' }).tap();
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
