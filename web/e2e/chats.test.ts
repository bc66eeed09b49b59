// Many chats in one list: what each does, its last line and changes, found, put away and taken back; the cards that ask;
// and what the three dots do. Two pages watch, and agree without a reload.
import { readFile } from 'node:fs/promises';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let other: Phone;
let cookie: string;
/** Done, with a change; asks; at work elsewhere. */
const chats = { done: '', asks: '', tally: '' };

interface Message {
  info: { role: string; summary?: unknown; time: { completed?: number } };
  parts: { type: string; tool?: string; state?: { status: string; error?: string; output?: string } }[];
}

const messages = async (chat: string) =>
  (await stack.json<Message[]>(cookie, 'GET', `/session/${chat}/message`)).body;

/** Waits until a chat has nothing to do and is in one of these states. */
const reaches = (chat: string, ...states: string[]) => stack.reaches(cookie, chat, states);
const begin = (repo: string, prompt: string) => stack.begin(cookie, prompt, repo);
const prompt = (chat: string, text: string) => stack.say(cookie, chat, text);

async function openLoggedIn(): Promise<Phone> {
  const opened = await openPhone(browser, stack.url, { cookie });
  // What the icon of the installed app shows: 0 when it shows nothing.
  await opened.context.addInitScript(() => {
    Object.assign(navigator, {
      setAppBadge: async (count: number) => Object.assign(window, { iconCount: count }),
    });
  });
  return opened;
}

const list = (of: Phone) => of.page.getByRole('complementary', { name: 'Chats and pages' });
const row = (of: Phone, chat: string) => list(of).locator(`[data-chat=${chat}]`);
const isIn = (of: Phone, chat: string, state: string) =>
  until(`it is shown as ${state}`, async () => (await row(of, chat).getAttribute('data-status')) === state);
const button = (name: string | RegExp, of = phone) => of.page.getByRole('button', { name });
const item = (name: string | RegExp) => phone.page.getByRole('menuitem', { name });
const card = () => phone.page.getByRole('region', { name: 'Permission' });

async function openDrawer(of: Phone): Promise<void> {
  await visit(of.page, '/new');
  await button(/^Chats/, of).tap();
  await row(of, chats.done).waitFor();
}

async function menu(chat: string): Promise<void> {
  await visit(phone.page, `/chat/${chat}`);
  await button('Chat menu').tap();
}

/** Whether all of it is on the screen and nothing lies over it. */
async function isInReach(target: Locator): Promise<boolean> {
  return target.evaluate((element) => {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const seen = window.visualViewport?.height ?? innerHeight;
    const hit = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    const height = Number.parseFloat(
      getComputedStyle(document.documentElement).getPropertyValue('--app-height'),
    );
    const room = Number.isNaN(height) ? seen : Math.min(seen, height);
    return top >= 0 && bottom <= room + 0.5 && left >= 0 && right <= innerWidth && element.contains(hit);
  });
}

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openLoggedIn();
  other = await openLoggedIn();
  chats.done = await begin(
    'demo/hello-web',
    'write notes.md: one\\ntwo\nsay: I wrote it.\\n\\n- All **done**',
  );
  chats.tally = await begin('demo/tally', 'say: Counted.');
  await reaches(chats.tally, 'unread');
  await reaches(chats.done, 'unread');
  chats.asks = await begin('demo/hello-web', 'say: First a question.\nask: Which colour? | red | blue');
  await reaches(chats.asks, 'needs_you');
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect([...phone.complaints, ...other.complaints]).toEqual([]));

test('the list tells what each chat does, what was said last, and what changed', async () => {
  await openDrawer(phone);
  await openDrawer(other);
  const told = async (chat: string) => ({
    state: await row(phone, chat).getAttribute('data-status'),
    word: await row(phone, chat).getByTestId('chat-state').innerText(),
    line: await row(phone, chat).getByTestId('last-line').innerText(),
  });
  expect(await told(chats.done)).toEqual({ state: 'unread', word: '● unread', line: 'All done' });
  expect(await told(chats.asks)).toMatchObject({ state: 'needs you', word: '? needs you' });
  expect(await told(chats.tally)).toMatchObject({ line: 'Counted.' });
  await row(phone, chats.done).getByTestId('git-stat').getByText('+2').waitFor();
  expect(await row(phone, chats.asks).getByTestId('git-stat').innerText()).toContain('clean');
  await picture(phone.page, 'chats-many');
});

test('the title and the icon of the app count what waits', async () => {
  await until('the title counts', async () => (await phone.page.title()).startsWith('(1?) (2●) '));
  await until('the icon counts', () => phone.page.evaluate(() => Reflect.get(window, 'iconCount') === 3));
});

test('a search finds by title, repository, branch and last line; the grouping is kept', async () => {
  await stack.json(cookie, 'PATCH', `/session/${chats.tally}`, { title: 'Numbers' });
  await row(phone, chats.tally).getByText('Numbers').waitFor();
  const more = await Promise.all([1, 2].map(() => begin('demo/tally', 'say: And more.')));
  await Promise.all(more.map((chat) => reaches(chat, 'unread')));
  const search = phone.page.getByRole('searchbox', { name: 'Search chats' });
  for (const [words, found] of [
    ['numbers', chats.tally],
    ['hello-web done', chats.done],
    ['counted', chats.tally],
  ] as const) {
    await search.fill(words);
    await until('one is found', async () => (await list(phone).getByTestId('chat-row').count()) === 1);
    expect(await row(phone, found).count(), words).toBe(1);
  }
  await search.fill('nothing like this');
  await phone.page.getByText('No chat has').waitFor();
  await search.fill('');
  await button('by repository').tap();
  await phone.page.getByRole('heading', { name: 'demo/hello-web' }).waitFor();
  await reload(phone.page);
  await button(/^Chats/).tap();
  await phone.page.getByRole('heading', { name: 'demo/tally' }).waitFor();
});

test('a chat is put away and taken back, on both pages at once', async () => {
  const { branch } = (await stack.json<{ branch: string }>(cookie, 'GET', `/admin/chats/${chats.done}`)).body;
  await row(phone, chats.done).getByRole('button', { name: /^More/ }).tap();
  await item(`Copy branch ${branch}`).waitFor();
  await picture(phone.page, 'chat-menu');
  await item(/^Archive/).tap();
  for (const each of [phone, other]) {
    await until('it is out of sight', async () => (await row(each, chats.done).count()) === 0);
    await button('Archived (1)', each).waitFor();
  }
  await until('what is put away is not counted', async () => (await phone.page.title()).includes('(3●)'));
  await reload(phone.page);
  await button(/^Chats/).tap();
  await button('Archived (1)').tap();
  await row(phone, chats.done).getByRole('button', { name: /^More/ }).tap();
  await item('Take out of the archive').tap();
  for (const each of [phone, other]) await row(each, chats.done).waitFor();
  expect(await button(/^Archived/, other).count()).toBe(0);
});

test('a chat is marked as read and unread from its row, by a long press too', async () => {
  const { page } = phone;
  const box = await row(phone, chats.done).boundingBox();
  if (!box) throw new Error('the row is shown');
  const point = { x: box.x + 60, y: box.y + 20 };
  const touch = await phone.context.newCDPSession(page);
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [point] });
  await item('Mark as read').waitFor();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  expect(page.url(), 'the finger that is lifted is no tap').toContain('/new');
  await item('Mark as read').tap();
  await isIn(other, chats.done, 'done');
  await row(phone, chats.done).getByRole('button', { name: /^More/ }).tap();
  await item('Mark as unread').tap();
  await isIn(other, chats.done, 'unread');
});

test('a new title is seen on the other page', async () => {
  await menu(chats.tally);
  await item('Rename').tap();
  await phone.page.getByRole('textbox', { name: 'Title' }).fill('Sums, all of them');
  await button('Rename').tap();
  await row(other, chats.tally).getByText('Sums, all of them').waitFor();
});

test('“always” names its pattern and lets the next one pass; another working copy still asks', async () => {
  await prompt(chats.done, 'run: rm -f one.txt && echo first');
  await reaches(chats.done, 'needs_you');
  await visit(phone.page, `/chat/${chats.done}`);
  const always = button(/^Always allow/);
  await always.waitFor();
  expect(await always.locator('code').allInnerTexts()).toContain('bash rm *');
  for (const each of await card().getByRole('button').all()) {
    expect((await each.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    expect(await isInReach(each)).toBe(true);
  }
  await picture(phone.page, 'permission-always');
  await always.tap();
  await reaches(chats.done, 'done', 'unread');
  await prompt(chats.done, 'run: rm -f two.txt && echo second');
  await reaches(chats.done, 'done', 'unread');
  const last = (await messages(chats.done))
    .flatMap(({ parts }) => parts)
    .findLast(({ tool }) => tool === 'bash');
  expect(last?.state?.output).toContain('second');

  await prompt(chats.tally, 'run: rm -f one.txt && echo third');
  await reaches(chats.tally, 'needs_you');
});

test('words with a rejection reach the agent, which goes on', async () => {
  await visit(phone.page, `/chat/${chats.tally}`);
  await button('Say what instead').tap();
  await phone.page.getByRole('textbox', { name: /instead/ }).fill('Move it to the attic.');
  await picture(phone.page, 'permission-words');
  await button('Reject and say so').tap();
  await reaches(chats.tally, 'done', 'unread');
  const said = await messages(chats.tally);
  const refused = said.flatMap(({ parts }) => parts).findLast(({ tool }) => tool === 'bash');
  expect(refused?.state?.status).toBe('error');
  expect(refused?.state?.error).toContain('Move it to the attic.');
  const completions = JSON.parse((await stack.control('completions')).text) as {
    completions: { session: string; prompt: string; turns_taken: number }[];
  };
  const asked = completions.completions.filter(
    ({ session, prompt: text }) => session === chats.tally && text.includes('third'),
  );
  expect(
    asked.map(({ turns_taken }) => turns_taken),
    'it is asked again after the refusal',
  ).toContain(1);
});

test('what a subagent asks is answered in its chat, with its name', async () => {
  await prompt(chats.tally, 'subagent: run: rm -f inner.txt && echo inner');
  await reaches(chats.tally, 'needs_you');
  await visit(phone.page, `/chat/${chats.tally}`);
  await card().getByText('rm -f inner.txt && echo inner').waitFor();
  await card()
    .getByText(/asked by subagent “.+”/)
    .waitFor();
  await button('Allow once').tap();
  await reaches(chats.tally, 'done', 'unread');
});

test('a long change scrolls in its card; the buttons stay, on a small phone with its keyboard up', async () => {
  const { page } = phone;
  const ask = { permission: [{ permission: 'edit', pattern: '*', action: 'ask' }] };
  await stack.json(cookie, 'PATCH', `/session/${chats.tally}`, ask);
  const lines = Array.from({ length: 60 }, (_, index) => `line ${index}`).join('\\n');
  await prompt(chats.tally, `write long.md: ${lines}`);
  await reaches(chats.tally, 'needs_you');
  await page.setViewportSize({ width: 320, height: 568 });
  await visit(page, `/chat/${chats.tally}`);
  await card().getByText('line 59').waitFor({ state: 'attached' });
  const buttons = card().getByRole('button');
  const allInReach = async () => {
    for (const each of await buttons.all()) {
      expect(await isInReach(each), await each.innerText()).toBe(true);
      expect((await each.boundingBox())?.height).toBeGreaterThanOrEqual(44);
    }
  };
  await allInReach();
  expect(await isInReach(page.getByRole('textbox', { name: 'Message' })), 'the composer stays').toBe(true);
  await picture(page, 'permission-small');
  // As viewport.ts does when a keyboard comes up.
  const keyboard = () =>
    page.evaluate(() => {
      document.documentElement.style.setProperty('--app-height', '308px');
      document.documentElement.toggleAttribute('data-typing', true);
    });
  await page.getByRole('textbox', { name: 'Message' }).focus();
  await keyboard();
  await allInReach();
  expect(await isInReach(page.getByRole('textbox', { name: 'Message' }))).toBe(true);
  await picture(page, 'permission-small-keyboard');
  await button('Say what instead').tap();
  await keyboard();
  await page.getByRole('textbox', { name: /instead/ }).fill('no');
  await allInReach();
  await picture(page, 'permission-small-words');
  await button('Back').tap();
  await reload(page);
  await button('Allow once').tap();
  await reaches(chats.tally, 'done', 'unread');
  await page.setViewportSize({ width: 390, height: 844 });
});

test('a chat is shared by a link, until that is taken back; a failure says why', async () => {
  await stack.control('faults', 'POST', { part: 'sharing', status: 503 });
  await menu(chats.done);
  await item('Share').tap();
  await phone.page.getByText('opencode publishes the whole conversation').waitFor();
  await picture(phone.page, 'share');
  await button('Share').tap();
  const alert = phone.page.getByRole('dialog').getByRole('alert');
  expect(await alert.innerText()).toMatch(
    /^Not shared\. opencode could not reach its share server, or sharing/,
  );

  await button('Share').tap();
  const sheet = phone.page.getByRole('dialog', { name: 'This chat is shared' });
  const link = sheet.getByRole('link');
  await link.waitFor();
  const address = String(await link.getAttribute('href'));
  await until('whoever has the link can read it', async () => (await fetch(address)).ok);
  await sheet.getByRole('button', { name: 'Copy the link' }).tap();
  await sheet.getByText('copied').waitFor();
  expect(await phone.page.evaluate(() => navigator.clipboard.readText())).toBe(address);
  await picture(phone.page, 'shared');
  const bounds = await link.boundingBox();
  expect((bounds?.x ?? 0) + (bounds?.width ?? 0), 'all of the link is in sight').toBeLessThanOrEqual(390);
  await sheet.getByRole('button', { name: 'Close' }).tap();
  await sheet.waitFor({ state: 'detached' });

  // Every page knows of it, and any can take it back.
  await menu(chats.done);
  await item('Shared: link and stop sharing').tap();
  await button('Stop sharing').tap();
  await phone.page.getByRole('dialog', { name: 'Share this chat?' }).waitFor();
  expect((await fetch(address)).status).toBe(404);
});

test('a chat is compacted by the model that it used', async () => {
  await menu(chats.done);
  await item('Compact').tap();
  await button('Compact').tap();
  await phone.page.getByRole('dialog').getByText('Compacted.').waitFor();
  await reaches(chats.done, 'done', 'unread');
  expect(
    (await messages(chats.done)).some(({ info }) => info.role === 'assistant' && info.summary === true),
  ).toBe(true);
});

test('the attach command is for this origin, session and folder', async () => {
  await menu(chats.done);
  await item(/^Copy the attach command/).tap();
  await item(/Copied/).waitFor();
  const { directory } = await reaches(chats.done, 'done', 'unread');
  expect(await phone.page.evaluate(() => navigator.clipboard.readText())).toBe(
    `opencode attach ${stack.url} --session ${chats.done} --dir ${directory} --password YOUR_TOKEN`,
  );
});

test('a conversation is saved as a file, another chat begins with it, and any other file is refused in words', async () => {
  const { page } = phone;
  await menu(chats.done);
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    item(/^Export the conversation/).tap(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^[\p{L}\p{N}-]+\.json$/u);
  const file = await download.path();
  const { info, messages: said } = JSON.parse(await readFile(file, 'utf8'));
  expect([info.id, said.length]).toEqual([chats.done, (await messages(chats.done)).length]);

  await visit(page, '/repos');
  await button('Settings of demo/hello-web').tap();
  const pick = (name: string, buffer: Buffer) =>
    page.getByLabel('Exported conversation').setInputFiles({ name, mimeType: 'application/json', buffer });
  await pick('package.json', Buffer.from('{"name": "hello-web"}'));
  await page.getByRole('alert').getByText('Not imported.').waitFor();
  await pick('chat.json', await readFile(file));
  await page.waitForURL(/\/chat\/ses_/);
  await page.getByRole('article', { name: 'Agent' }).getByText('I wrote it.').waitFor();
  expect(page.url()).not.toContain(chats.done);
});

test('on a desktop the list stays beside the chat', async () => {
  const { page } = other;
  await page.setViewportSize({ width: 1280, height: 800 });
  await visit(page, `/chat/${chats.done}`);
  await row(other, chats.asks).waitFor();
  expect(await button(/^Chats/, other).count()).toBe(0);
  expect(await row(other, chats.done).getByRole('link').getAttribute('aria-current')).toBe('page');
  await picture(page, 'desktop');
  await row(other, chats.asks).getByRole('link').click();
  await page.waitForURL(`**/chat/${chats.asks}`);
  await page.getByRole('radio', { name: 'blue' }).click();
  await button('Answer', other).click();
  await reaches(chats.asks, 'done');
  await isIn(other, chats.asks, 'done');
});

test('a new working copy is set up in sight, and a failed setup is said and keeps nothing from beginning', async () => {
  const { page } = phone;
  await visit(page, '/repos');
  await button('Settings of demo/tally').tap();
  const setup = page.getByRole('form', { name: 'Your setup' });
  await setup.getByRole('button', { name: 'Add a file' }).tap();
  await setup.getByRole('textbox', { name: 'File 1: path' }).fill('.env');
  await setup.getByRole('textbox', { name: 'File 1: content' }).fill('KEY=1');
  await setup.getByRole('textbox', { name: /^Command/ }).fill('cat .env; sleep 1000');
  await setup.getByRole('button', { name: 'Save the setup' }).tap();
  await setup.getByText('Saved').waitFor();
  await picture(page, 'repository-setup');
  await button('Check the clone').tap();
  await page.getByText('Everything is sound.').waitFor();

  const chat = await begin('demo/tally', 'say: Set up.');
  await visit(page, `/chat/${chat}`);
  await page.getByRole('region', { name: 'Output of the setup' }).getByText('KEY=1').waitFor();
  expect(await page.getByTestId('preparing').getAttribute('data-state')).toBe('setting_up');
  await picture(page, 'setting-up');
  await button('Begin without it').tap();
  await reaches(chat, 'done', 'unread');
  await page.getByTestId('setup-failed').getByRole('button', { name: 'Show' }).tap();
  await page.getByRole('dialog', { name: 'Setup' }).getByText('was skipped').waitFor();
  await picture(page, 'setup-failed');
  await button('Close').tap();
  expect(await page.getByTestId('setup-failed').count()).toBe(0);
  await stack.json(cookie, 'PUT', '/admin/repos/demo/tally/setup', { command: null });
});
