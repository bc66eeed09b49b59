// Nothing that somebody wrote or chose is lost: the choice of each chat, prompts that are said anew, answers half given.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let page: Page;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  await stack.json(cookie, 'POST', '/admin/repos/clone', { repo: 'demo/hello-web' });
  browser = await openBrowser();
  phone = await loggedIn();
  page = phone.page;
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

/** A phone of its own: nothing of the others is remembered on it. */
async function loggedIn(): Promise<Phone> {
  const opened = await openPhone(browser, stack.url);
  const [name = '', value = ''] = cookie.split('=');
  await opened.context.addCookies([{ name, value, url: stack.url }]);
  return opened;
}

const box = (on = page) => on.getByLabel('Message', { exact: true });
const button = (name: string | RegExp, on = page) => on.getByRole('button', { name });
const send = (on = page) => on.getByRole('button', { name: 'Send', exact: true });
const attached = () => page.getByTestId('attachment');
const prompts = () => page.getByRole('article', { name: 'You' });
const chatId = (on = page) => /ses_\w+/.exec(on.url())?.[0] ?? '';
const valueIs = (text: string, on = page) =>
  until(`the box says “${text}”`, async () => (await box(on).inputValue()) === text);

/** Sends what is in the box, and waits until it is kept. */
async function sent(text: string, on = page): Promise<void> {
  await box(on).fill(text);
  await send(on).tap();
  await valueIs('', on);
}

/** Begins a chat and waits until it rests; answers its id. */
async function begun(prompt: string): Promise<string> {
  await visit(page, '/new?repo=demo%2Fhello-web');
  await box().fill(prompt);
  await send().tap();
  await page.waitForURL(/\/chat\/ses_/);
  await rests();
  return chatId();
}

interface View {
  id: string;
  state: string;
  prompts: unknown[];
}

const rests = (chat = chatId()) =>
  until('the chat rests', async () => {
    const { body } = await stack.json<{ chats: View[] }>(cookie, 'GET', '/admin/status');
    const view = body.chats.find(({ id }) => id === chat);
    return view?.prompts.length === 0 && ['done', 'unread', 'failed'].includes(view.state);
  });

interface Stored {
  info: { id: string; role: string; agent?: string; model?: { modelID: string; variant?: string } };
  parts: { type: string; text?: string }[];
}

/** How the prompt with these words was said, once opencode has it: its mode, model and variant. */
async function mannerOf(chat: string, words: string): Promise<(string | undefined)[]> {
  return until(`“${words}” was delivered`, async () => {
    const { body } = await stack.json<Stored[]>(cookie, 'GET', `/session/${chat}/message`);
    const prompt = body.find(
      ({ info, parts }) => info.role === 'user' && parts.some(({ text }) => text?.includes(words)),
    );
    return prompt && [prompt.info.agent, prompt.info.model?.modelID, prompt.info.model?.variant];
  });
}

async function choose(mode: string, model: RegExp, variant?: string): Promise<void> {
  await button(/^Mode:/).tap();
  await page
    .getByRole('dialog')
    .getByRole('radio', { name: new RegExp(`^${mode}`) })
    .tap();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await button(/^Model:/).tap();
  await page.getByRole('dialog').getByRole('radio', { name: model }).first().tap();
  if (variant !== undefined) await page.getByRole('radio', { name: variant }).tap();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

test('a chat goes on as it did, whatever was chosen elsewhere and whatever the phone knows of it', async () => {
  const planned = await begun('say: one');
  await choose('plan', /^Demo that thinks/, 'high');
  await sent('say: two');
  expect(await mannerOf(planned, 'say: two')).toEqual(['plan', 'thinker', 'high']);
  await rests();
  await begun('say: three');
  await button('Mode: plan').waitFor();
  await choose('build', /^Demo, small/);
  await visit(page, `/chat/${planned}`);
  await button('Mode: plan').waitFor();
  await button('Model: thinker · high').waitFor();

  // A phone that knows nothing of it, and learns nothing.
  const other = await loggedIn();
  await other.context.route('**/admin/transcripts/**', () => undefined);
  await visit(other.page, '/new?repo=demo%2Fhello-web');
  await other.page.evaluate(() =>
    localStorage.setItem(
      'ocweb.choices.demo/hello-web',
      '{"model":"demo/small","variant":null,"mode":"build"}',
    ),
  );
  await visit(other.page, `/chat/${planned}`);
  await button('Mode: same mode', other.page).waitFor();
  await button('Model: same model', other.page).waitFor();
  await picture(other.page, 'same-as-before');
  await sent('say: four', other.page);
  expect(await mannerOf(planned, 'say: four')).toEqual(['plan', 'thinker', 'high']);
  await other.context.close();
  await rests();
});

/** A picture of one pixel. */
const pixel = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

async function act(on: ReturnType<typeof prompts>, name: string | RegExp): Promise<void> {
  await on.getByRole('button', { name: 'Message actions' }).tap();
  await page.getByRole('menuitem', { name }).tap();
}

test('a prompt that is said anew comes back with its picture, and a command as it was typed', async () => {
  const chat = await begun('say: begun');
  await page
    .getByTestId('attach-input')
    .setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: pixel });
  await attached().getByRole('img').waitFor();
  await sent('say: with a picture');
  await mannerOf(chat, 'with a picture');
  await rests();
  await page.getByRole('button', { name: 'Show picture dot.png' }).waitFor();
  await act(prompts().last(), /^Revert to before/);
  await valueIs('say: with a picture');
  await attached().getByRole('img').waitFor();
  await button('Remove dot.png').tap();
  await page.getByTestId('reverted').getByRole('button', { name: 'Undo' }).tap();
  await page.getByTestId('reverted').waitFor({ state: 'detached' });
  await box().fill('');
  await act(prompts().last(), /^Fork before/);
  await page.waitForURL((url) => url.pathname.includes('ses_') && !url.pathname.includes(chat));
  await valueIs('say: with a picture');
  await attached().getByRole('img').waitFor();
  await button('Remove dot.png').tap();

  await visit(page, `/chat/${chat}`);
  await sent('/init say: from the command');
  await mannerOf(chat, 'from the command');
  await rests();
  await act(prompts().last(), /^Revert to before/);
  await valueIs('/init say: from the command');
  await box().fill('');
});

test('a line for the shell is shown as it was typed, and nothing that nobody said', async () => {
  const chat = chatId();
  await sent('!echo shell-$((40 + 2))');
  await prompts().last().getByText('!echo shell-$((40 + 2))').waitFor();
  await page.getByTestId('transcript').getByText('shell-42').first().waitFor();
  await rests();
  await picture(page, 'shell-line');
  await sent('/review');
  await prompts().last().getByText('/review').waitFor();
  await until('it is done', async () => {
    const { body } = await stack.json<Stored[]>(cookie, 'GET', `/session/${chat}/message`);
    return body.some(({ parts }) => parts.some(({ text }) => text?.startsWith('Summarize the task tool')));
  });
  await rests();
  await picture(page, 'review');
  for (const said of await prompts().all()) {
    expect((await said.locator('p').allInnerTexts()).join('')).not.toBe('');
  }
});

test('an answer that is half given is there again after another page and a reload', async () => {
  const chat = await begun('say: begun');
  await sent('ask: Which colour? | black | white');
  const answer = page.getByRole('textbox', { name: 'Your own answer to: Which colour?' });
  await answer.fill('a dark green');
  await visit(page, '/inbox');
  await until('it is in the inbox', async () => (await answer.inputValue()) === 'a dark green');
  await visit(page, `/chat/${chat}`);
  await until('it is in the chat', async () => (await answer.inputValue()) === 'a dark green');
  await reload(page);
  await until('it is there again', async () => (await answer.inputValue()) === 'a dark green');
  await button('Answer').tap();
  await rests();
  expect(await page.evaluate(() => localStorage.getItem('ocweb.answers'))).toBeNull();
});

/** Deletes a chat as another device would. */
async function deleted(chat: string): Promise<void> {
  // opencode may be at work for a moment after the answer is complete.
  await until(
    'it is deleted',
    async () => (await stack.json(cookie, 'DELETE', `/admin/chats/${chat}`)).status === 204,
  );
}

test('what was typed in a chat that is deleted elsewhere is still there, and goes on in a new one', async () => {
  const looked = await begun('say: deleted while it is looked at');
  await box().fill('half a thought\nof two lines');
  await page
    .getByTestId('attach-input')
    .setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: pixel });
  await attached().getByRole('img').waitFor();
  await deleted(looked);
  await page.getByTestId('lost-draft').getByText('half a thought').waitFor();
  await picture(page, 'lost-draft');
  await button('New chat with this').tap();
  await valueIs('half a thought\nof two lines');
  await attached().getByRole('img').waitFor();
  await button('Remove dot.png').tap();
  await box().fill('');

  const left = await begun('say: deleted while another is looked at');
  await box().fill('another thought');
  await visit(page, '/inbox');
  await deleted(left);
  await page.getByRole('button', { name: /^Chats/ }).tap();
  const row = page.getByTestId('lost-draft-row');
  await row.getByText('another thought').waitFor();
  expect(await row.count()).toBe(1);
  await picture(page, 'lost-drafts');
  await row.tap();
  await button('Discard').tap();
  await page.getByText('Go on elsewhere').waitFor();
  await row.waitFor({ state: 'detached' });
  const drafts = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('draft.')));
  expect(drafts.filter((key) => key.includes(looked) || key.includes(left))).toEqual([]);
});

test('a browser that has no room left says so, until it keeps what is typed', async () => {
  await begun('say: begun');
  await page.evaluate(() => {
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = (key) => {
      if (key.includes('draft.')) throw new DOMException('full', 'QuotaExceededError');
    };
    Object.assign(globalThis, { makeRoom: () => Object.assign(Storage.prototype, { setItem }) });
  });
  await box().fill('nowhere to keep it');
  await page.getByTestId('storage-full').waitFor();
  await picture(page, 'storage-full');
  expect(await box().inputValue()).toBe('nowhere to keep it');
  await page.evaluate(() => (globalThis as unknown as { makeRoom: () => void }).makeRoom());
  await box().fill('and now');
  await page.getByTestId('storage-full').waitFor({ state: 'detached' });
  await reload(page);
  await valueIs('and now');
  await box().fill('');
});

test('two tabs of a chat have one draft, pictures included', async () => {
  await begun('say: begun');
  const other = await phone.context.newPage();
  await visit(other, page.url());
  await box(other).waitFor();
  // As on a phone: only the tab that is looked at has the focus. Else every tab is told that it has it.
  for (const each of [page, other]) {
    const session = await phone.context.newCDPSession(each);
    await session.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  }
  await page.bringToFront();
  await box().fill('one draft');
  await page
    .getByTestId('attach-input')
    .setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: pixel });
  await valueIs('one draft', other);
  await other.getByTestId('attachment').getByRole('img').waitFor();
  await other.bringToFront();
  await box(other).fill('one draft, and more');
  await button('Remove dot.png', other).tap();
  await valueIs('one draft, and more');
  await attached().waitFor({ state: 'detached' });
  await sent('say: from the other tab', other);
  await valueIs('');
  await other.close();
  await page.bringToFront();
  await rests();
});
