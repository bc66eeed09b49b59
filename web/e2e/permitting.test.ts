// What is to be permitted is seen for what it is, also where it was opened from: on the page of a subagent's work.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
  chat = await stack.begin(
    cookie,
    `subagent: run: rm -f \u202Etxt.exe\u202C${' '.repeat(200)}&& rm -f second ; wait 600 seconds ; say: never`,
  );
  await until('it asks', async () => (await stack.view(cookie, chat))?.requests[0]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

test('a command shows what hides in it, and keeps its order', async () => {
  const { page } = phone;
  await visit(page, `/chat/${chat}`);
  const asked = page.getByRole('region', { name: 'What it asks for' }).locator('pre');
  await asked.waitFor();
  expect(await asked.innerText()).toMatch(/^rm -f ⟨U\+202E⟩txt\.exe⟨U\+202C⟩ ⟨200 spaces⟩ && rm -f second$/);
  expect(await asked.evaluate((it) => getComputedStyle(it).unicodeBidi)).toBe('bidi-override');
  expect(await page.getByTestId('permission').innerText()).not.toMatch(/[\u202A-\u202E]/);
  const summary = (await stack.view(cookie, chat))?.requests[0]?.summary;
  expect(summary).toContain('rm -f ⟨U+202E⟩txt.exe');
  await picture(page, 'permission-hidden');
});

test("a subagent's own page asks too, and stops", async () => {
  const { page } = phone;
  await page.getByTestId('subagent-link').tap();
  await page.waitForURL((url) => url.pathname.startsWith('/chat/ses_') && !url.pathname.includes(chat));
  await page.getByTestId('permission').waitFor();
  const stop = page.getByRole('button', { name: 'Stop', exact: true });
  await stop.waitFor();
  await picture(page, 'subagent-asks');
  await page.getByRole('button', { name: 'Allow once' }).tap();
  await page.getByTestId('permission').waitFor({ state: 'detached' });
  await until('it goes on', async () => (await stack.view(cookie, chat))?.state === 'working');
  await picture(page, 'subagent-works');
  await stop.tap();
  await stop.waitFor({ state: 'detached' });
  await until('all of it is over', async () => {
    const view = await stack.view(cookie, chat);
    return view !== undefined && view.run?.ended_at != null && view.requests.length === 0;
  });
  expect(phone.complaints).toEqual([]);
});
