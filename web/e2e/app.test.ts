// The page as an app: gestures, back, starting offline, updates, its look, logging out.
import { cp, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { violations } from './axe';
import { keepsBar } from './bars';
import { openBrowser, openPhone, type Phone, picture, reload, swipe, visit } from './browser';
import { Network } from './network';
import { Stack, until } from './stack';

let stack: Stack;
let network: Network;
let browser: Browser;
let phone: Phone;
let cookie: string;
let chats: string[];

/** The page as it is deployed; a test deploys another. */
let deployed: string;

beforeAll(async () => {
  deployed = await mkdtemp(join(tmpdir(), 'ocweb-page-'));
  await cp(process.env.OCWEB_WEB_DIR ?? resolve(import.meta.dirname, '../dist'), deployed, {
    recursive: true,
  });
  stack = await Stack.start({ environment: { OCWEB_WEB_DIR: deployed } });
  cookie = await stack.login();
  network = await Network.to(stack.port);
  browser = await openBrowser();
  phone = await openPhone(browser, network.url, { cookie });
  chats = [await chat('say the first thing'), await chat('say the second thing')];
});
afterAll(async () => {
  await browser?.close();
  network?.close();
  await stack?.remove();
  await rm(deployed, { recursive: true, force: true });
});
afterEach(() => {
  network.restore();
  expect(phone.complaints).toEqual([]);
});

/** Another device, logged in by itself. */
async function openOther(options: BrowserContextOptions = {}): Promise<Phone> {
  return openPhone(browser, stack.url, { ...options, cookie: await stack.login() });
}

/** A chat whose first answer has been given. */
async function chat(prompt: string): Promise<string> {
  const id = await stack.begin(cookie, prompt);
  await stack.reaches(cookie, id);
  return id;
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

test('a swipe opens the drawer and another closes it; what begins at the edge is left to the system', async () => {
  await visit(phone.page, `/chat/${chats[0]}`);
  await answer().waitFor();
  await swipe(phone.page, { x: 200, y: 300 }, { x: 210, y: 600 });
  expect(await drawer().count()).toBe(0);
  await swipe(phone.page, { x: 120, y: 30 }, { x: 330, y: 40 });
  await drawer().waitFor();
  await swipe(phone.page, { x: 280, y: 400 }, { x: 40, y: 390 });
  await drawer().waitFor({ state: 'hidden' });
  await swipe(phone.page, { x: 10, y: 400 }, { x: 300, y: 400 });
  expect(await drawer().count()).toBe(0);
});

test('a swipe yields to text that is selected, and to what scrolls sideways', async () => {
  await phone.page.evaluate(() => {
    const text = document.querySelector('article');
    if (text) getSelection()?.selectAllChildren(text);
  });
  await swipe(phone.page, { x: 120, y: 30 }, { x: 330, y: 40 });
  expect(await drawer().count()).toBe(0);
  await phone.page.evaluate(() => getSelection()?.empty());
  // The chips scroll sideways where they do not fit.
  await phone.page.setViewportSize({ width: 200, height: 568 });
  const chip = await button(/^Mode:/).boundingBox();
  if (!chip) throw new Error('no chip');
  await swipe(phone.page, { x: chip.x + 20, y: chip.y + 20 }, { x: 175, y: chip.y + 20 });
  expect(await drawer().count()).toBe(0);
  await phone.page.setViewportSize({ width: 390, height: 844 });
});

test('back closes a sheet or the drawer, and only then leaves the chat', async () => {
  const { page } = phone;
  await visit(page, `/chat/${chats[0]}`);
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

/** Whether the phone keeps a chat's question and its answer. */
async function isSeen(id: string | undefined): Promise<boolean> {
  return phone.page.evaluate(async (session) => {
    const database = await new Promise<IDBDatabase>((done) => {
      const request = indexedDB.open('ocweb-last-seen');
      request.onsuccess = () => done(request.result);
    });
    const read = database.transaction('conversations').objectStore('conversations').get(String(session));
    const seen = await new Promise<{ order: unknown[] } | undefined>((done) => {
      read.onsuccess = () => done(read.result);
    });
    database.close();
    return (seen?.order.length ?? 0) > 1;
  }, id);
}

test('a chat that was seen is there at once when it is shown again', async () => {
  const { page } = phone;
  await visit(page, `/chat/${chats[0]}`);
  await question('first').waitFor();
  await button(/^Chats/).tap();
  await choose(1);
  await question('second').waitFor();
  network.reset();
  await button(/^Chats/).tap();
  await choose(0);
  const chosen = Date.now();
  await question('first').waitFor();
  const took = Date.now() - chosen;
  network.restore();
  await page.getByTestId('connection').waitFor({ state: 'detached' });
  keepsBar('until what was seen before is shown', took, 1_000);
});

test('without a network it starts with what was seen last, and says as of when', async () => {
  const { page } = phone;
  for (const index of [0, 1] as const) {
    await visit(page, `/chat/${chats[index]}`);
    await until('what is seen is kept', () => isSeen(chats[index]));
  }
  await until('the page is kept', isKept);
  network.reset();
  await reload(page);
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
  await visit(page, '/settings');
  await page.getByTestId('settings-row').first().waitFor();
  await visit(page, '/');
  await page.waitForURL(/\/chat\/ses_/);
  network.restore();
  await page.getByTestId('connection').waitFor({ state: 'detached' });
});

/** Puts another build in the place of the one that is deployed: the same, but for the names of all its files. */
async function deploy(): Promise<void> {
  const assets = join(deployed, 'assets');
  const names = new Set((await readdir(assets)).filter((name) => /\.(js|css)$/.test(name)));
  const next = (name: string) => (names.has(name) ? name.replace(/\.(js|css)$/, 'next.$1') : name);
  const renamed = (text: string) => text.replaceAll(/[\w-]+\.(?:js|css)/g, next);
  for (const name of names) {
    await writeFile(join(assets, name), renamed(await readFile(join(assets, name), 'utf8')));
    await rename(join(assets, name), join(assets, next(name)));
  }
  await writeFile(
    join(deployed, 'index.html'),
    renamed(await readFile(join(deployed, 'index.html'), 'utf8')),
  );
  const worker = renamed(await readFile(join(deployed, 'sw.js'), 'utf8'));
  await writeFile(join(deployed, 'sw.js'), worker.replace('id:`', 'id:`next'));
}

test('a newer version is fetched, offered, and taken only when its reader says so', async () => {
  const { page } = phone;
  await visit(page, `/chat/${chats[0]}`);
  await answer().waitFor();
  await until('the page is kept', isKept);
  await box().fill('in the middle of a sentence');
  await deploy();
  network.reset();
  await page.getByTestId('connection').waitFor();
  network.restore();
  await page.getByTestId('update-ready').waitFor();
  expect(await box().inputValue()).toBe('in the middle of a sentence');
  await page.getByTestId('update-ready').getByRole('button', { name: 'reload' }).tap();
  await until('the new version runs', () =>
    page.evaluate(() => [...document.scripts].some(({ src }) => src.endsWith('next.js'))),
  );
  await until('what was typed is there', async () => (await box().inputValue()).includes('in the middle'));
  expect(await page.getByTestId('update-ready').count()).toBe(0);
});

test('a part of the page that is not there any more is said in words', async () => {
  const other = await openOther({ serviceWorkers: 'block' });
  await visit(other.page, '/settings');
  await other.page.getByTestId('settings-row').first().waitFor();
  const assets = join(deployed, 'assets');
  const [name = ''] = (await readdir(assets)).filter((each) => /^DebugPage-.*\.js$/.test(each));
  await rename(join(assets, name), join(assets, `${name}.gone`));
  await other.page.getByTestId('settings-row').filter({ hasText: 'Debug' }).tap();
  await other.page.getByTestId('part-missing').waitFor();
  await rename(join(assets, `${name}.gone`), join(assets, name));
  await other.page.getByTestId('part-missing').getByRole('button', { name: 'Reload' }).tap();
  await other.page.getByTestId('debug-section').first().waitFor();
  await other.context.close();
});

test('text size and a theme are chosen, kept, and there at the next start; the debug page is copied', async () => {
  const { page } = phone;
  await visit(page, '/settings/appearance');
  await button('larger').tap();
  await button('Load an opencode theme').tap();
  const theme = resolve(import.meta.dirname, '../src/features/appearance/fixtures/gruvbox.json');
  await page.getByLabel('Theme file').setInputFiles(theme);
  await page.getByRole('radio', { name: /^gruvbox/ }).waitFor();
  await button('light').tap();
  await reload(page);
  const look = () =>
    page.evaluate(() => {
      const { fontSize } = getComputedStyle(document.documentElement);
      const { backgroundColor } = getComputedStyle(document.body);
      return { fontSize, backgroundColor };
    });
  await page.getByRole('radio', { name: /^gruvbox/ }).waitFor();
  expect(await look()).toEqual({ fontSize: '20.8px', backgroundColor: 'rgb(251, 241, 199)' });
  await picture(page, 'theme-light');
  expect(await violations(page)).toEqual([]);
  await visit(page, `/chat/${chats[0]}`);
  await answer().waitFor();
  await picture(page, 'theme-chat');
  expect(await violations(page)).toEqual([]);
  await visit(page, '/settings/appearance');
  await page.getByRole('radio', { name: /^Black/ }).tap();
  await button('normal').tap();
  expect(await look()).toEqual({ fontSize: '16px', backgroundColor: 'rgb(0, 0, 0)' });
  await visit(page, '/debug');
  await button('Copy all').tap();
  await button('Copied').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toContain('## versions');
  expect(copied).toMatch(/GET \/admin\/\S+ 200 \d+ ms/);
  expect(copied).toMatch(/ snapshot/);
  expect(copied).not.toContain('the first thing');
});

test('who is not logged in any more comes to the login, and nothing of the chats stays', async () => {
  const other = await openOther();
  await visit(other.page, `/chat/${chats[0]}`);
  await other.page.getByRole('article', { name: 'Agent' }).last().waitFor();
  await until('the page is kept', () =>
    other.page.evaluate(async () => (await caches.match('/')) !== undefined),
  );
  await visit(other.page, '/devices');
  await other.page.getByRole('button', { name: 'Log out', exact: true }).tap();
  await other.page.getByLabel('password').waitFor();
  const left = await other.page.evaluate(async () => ({
    databases: (await indexedDB.databases()).map((each) => each.name),
    caches: await caches.keys(),
  }));
  expect(left.caches).toEqual([]);
  expect(left.databases).not.toContain('ocweb-last-seen');
  await visit(other.page, `/chat/${chats[0]}`);
  await other.page.waitForURL(/\/auth\/login\?next=/);
  expect(other.complaints).toEqual([]);
  await other.context.close();
});
