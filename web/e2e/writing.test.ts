// What can be written besides words: commands, mentions, shell commands, photos; drafts, choices and compositions.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keepsBar } from './bars';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let page: Page;
let cookie: string;
/** Lies on its side: 2000 x 1500, red at the left. Upright it is 1500 x 2000, red at the top. */
let photo: Buffer;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  await stack.control('rate', 'POST', { repository: 'demo/slow-assets', bytes_per_second: null });
  for (const repo of ['demo/hello-web', 'demo/slow-assets']) {
    await stack.json(cookie, 'POST', '/admin/repos/clone', { repo });
  }
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  page = phone.page;
  await newChat();
  photo = await photoOnItsSide();
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

const box = () => page.getByLabel('Message', { exact: true });
const button = (name: string | RegExp) => page.getByRole('button', { name });
const send = () => page.getByRole('button', { name: 'Send', exact: true });
const option = (name: string | RegExp) => page.getByRole('option', { name });
const attached = () => page.getByTestId('attachment');
const pending = () => page.getByTestId('pending-prompt');
const chatId = () => /ses_\w+/.exec(page.url())?.[0] ?? '';
const valueIs = (text: string) =>
  until(`the box says “${text}”`, async () => (await box().inputValue()) === text);
const attach = (name: string, buffer: Buffer, mimeType = 'image/jpeg') =>
  page.getByTestId('attach-input').setInputFiles({ name, mimeType, buffer });

async function newChat(repo = 'demo/hello-web'): Promise<void> {
  await visit(page, `/new?repo=${encodeURIComponent(repo)}`);
  await box().waitFor();
}

/** Sends what is in the box, and waits until it is kept. */
async function sent(): Promise<void> {
  await send().tap();
  await valueIs('');
}

/** Begins a chat, and waits until its first answer is there. */
async function begun(prompt = 'say: ready'): Promise<void> {
  await newChat();
  await box().fill(prompt);
  await send().tap();
  await page.waitForURL(/\/chat\/ses_/);
  await rests();
}

const view = () => stack.view(cookie, chatId());
const rests = () => stack.reaches(cookie, chatId(), ['done', 'unread', 'failed']);

interface StoredPart {
  type: string;
  text?: string;
  synthetic?: boolean;
  name?: string;
  mime?: string;
  filename?: string;
  url?: string;
}

/** The parts of the last prompt as opencode has it. */
async function lastPrompt(): Promise<StoredPart[]> {
  type Stored = { info: { role: string }; parts: StoredPart[] }[];
  const { body } = await stack.json<Stored>(cookie, 'GET', `/session/${chatId()}/message`);
  return body.filter(({ info }) => info.role === 'user').at(-1)?.parts ?? [];
}

/** Waits until opencode has a prompt with these words and the chat rests again; answers its parts. */
async function done(words: string): Promise<StoredPart[]> {
  await until(`“${words}” was delivered`, async () =>
    (await lastPrompt()).some(({ text }) => text?.includes(words)),
  );
  await rests();
  return lastPrompt();
}

/** A JPEG of the browser's, with an EXIF header that says that its top is at the left (orientation 6). */
async function photoOnItsSide(): Promise<Buffer> {
  const base64 = await page.evaluate(async () => {
    const canvas = new OffscreenCanvas(2000, 1500);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.fillStyle = '#ff0000';
    context.fillRect(0, 0, 1000, 1500);
    context.fillStyle = '#0000ff';
    context.fillRect(1000, 0, 1000, 1500);
    const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/jpeg' })).arrayBuffer());
    return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  });
  const plain = Buffer.from(base64, 'base64');
  const exif = Buffer.from(
    `457869660000${'4d4d002a00000008'}0001${'0112000300000001'}00060000${'00000000'}`,
    'hex',
  );
  const header = Buffer.from([0xff, 0xe1, 0, exif.length + 2]);
  return Buffer.concat([plain.subarray(0, 2), header, exif, plain.subarray(2)]);
}

/** The size of a picture, and its colours at the top and the bottom. */
function look(url: string): Promise<{ size: string; top: string; bottom: string }> {
  return page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = new OffscreenCanvas(image.naturalWidth, image.naturalHeight);
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.drawImage(image, 0, 0);
    const colour = (y: number) => {
      const [red = 0, , blue = 0] = context.getImageData(canvas.width / 2, y, 1, 1).data;
      return red > 200 && blue < 50 ? 'red' : blue > 200 && red < 50 ? 'blue' : `${red} ${blue}`;
    };
    return {
      size: `${canvas.width} x ${canvas.height}`,
      top: colour(20),
      bottom: colour(canvas.height - 20),
    };
  }, url);
}

test('a command is found by a few letters and run with what follows it', async () => {
  await begun();
  await box().pressSequentially('/int');
  await option(/^\/init/).waitFor();
  const height = await option(/^\/init/).evaluate((row) => row.getBoundingClientRect().height);
  expect(height).toBeGreaterThanOrEqual(44);
  await picture(page, 'commands');
  await option(/^\/init/).tap();
  await valueIs('/init ');
  await box().pressSequentially('say: from the command');
  await sent();
  const text = (await done('say: from the command')).map((part) => part.text ?? '').join('\n');
  expect(text).toContain('AGENTS.md');
  await page.getByRole('article', { name: 'Agent' }).getByText('from the command').last().waitFor();
});

test('a file is found, mentioned, and read by opencode; an agent is mentioned', async () => {
  await box().pressSequentially('say: seen\ncompare @rdm');
  await option(/README\.md/).waitFor();
  await picture(page, 'mention');
  await page.keyboard.press('Escape');
  await until('the list is gone', async () => (await page.getByRole('option').count()) === 0);
  await page.keyboard.type('e');
  await option(/README\.md/).waitFor();
  await page.keyboard.press('Enter');
  await valueIs('say: seen\ncompare @README.md ');
  await page.keyboard.type('and ask @expl');
  await option(/@explore/).waitFor();
  await page.keyboard.press('Tab');
  await valueIs('say: seen\ncompare @README.md and ask @explore ');
  await sent();
  const parts = await done('ask @explore');
  expect(parts.find(({ type }) => type === 'file')).toMatchObject({ filename: 'README.md' });
  expect(parts.find(({ type }) => type === 'agent')).toMatchObject({ name: 'explore' });
  expect(parts.filter(({ synthetic, text }) => synthetic && text?.includes('<content>'))).toHaveLength(1);
});

test('what begins with ! runs in the shell, and the box says so', async () => {
  await box().fill('!echo shell-$((40 + 2))');
  await page.getByTestId('shell-note').waitFor();
  await picture(page, 'shell');
  await sent();
  await page.getByTestId('transcript').getByText('shell-42').first().waitFor();
  await rests();
});

test('a photo is sent upright and no larger than is of use', async () => {
  await attach('IMG_1.JPG', photo);
  await attached().getByRole('img').waitFor();
  await picture(page, 'photo');
  // Several at once; each can be removed.
  await page.getByTestId('attach-input').setInputFiles([
    { name: 'second.jpg', mimeType: 'image/jpeg', buffer: photo },
    { name: 'third.jpg', mimeType: 'image/jpeg', buffer: photo },
  ]);
  await until('there are three', async () => (await attached().count()) === 3);
  await button('Remove second.jpg').tap();
  await button('Remove third.jpg').tap();
  await until('one is left', async () => (await attached().count()) === 1);
  await box().fill('say: nice');
  await sent();
  await until('nothing is attached', async () => (await attached().count()) === 0);
  const file = (await done('say: nice')).find(({ type }) => type === 'file');
  expect(file).toMatchObject({ mime: 'image/jpeg', filename: 'IMG_1.jpg' });
  expect(await look(file?.url ?? '')).toEqual({ size: '1176 x 1568', top: 'red', bottom: 'blue' });
  const shown = page.getByRole('button', { name: 'Show picture IMG_1.jpg' }).locator('img');
  await shown.waitFor();
  await until('it is shown upright', async () =>
    shown.evaluate((image: HTMLImageElement) => image.complete && image.naturalHeight > image.naturalWidth),
  );
});

test('what is no picture says so in words, and a photo that cannot be read too', async () => {
  await attach('IMG_2.HEIC', Buffer.from('no picture at all'), 'image/heic');
  await page.getByRole('alert').getByText('HEIC').waitFor();
  await attach('song.mp3', Buffer.from('la'), 'audio/mpeg');
  await page.getByRole('alert').getByText('song.mp3 is no picture').waitFor();
  expect(await attached().count()).toBe(0);
});

test('a draft with its photo survives a reload; the model’s blindness is said before it is sent', async () => {
  await box().fill('what is this?');
  await attach('kept.jpg', photo);
  await attached().getByRole('img').waitFor();
  await reload(page);
  await valueIs('what is this?');
  await attached().getByRole('img').waitFor();
  expect(await look((await attached().getByRole('img').getAttribute('src')) ?? '')).toMatchObject({
    size: '1176 x 1568',
  });
  await button(/^Model:/).tap();
  await page.getByRole('radio', { name: /^Demo that thinks/ }).tap();
  await page.getByRole('radio', { name: 'high' }).tap();
  await page.getByText('Demo that thinks first cannot read pictures').waitFor();
  await picture(page, 'blind');
  await button('Remove kept.jpg').tap();
  await box().fill('');
});

test('the choice of model, variant and mode is kept for each repository', async () => {
  await newChat();
  // As it was chosen in another chat of this repository.
  await button('Model: thinker · high').tap();
  await page
    .getByRole('radio', { name: /^Demo that thinks/ })
    .first()
    .waitFor();
  await picture(page, 'models');
  await page.getByRole('searchbox').fill('thinks');
  await page.getByRole('radio', { name: 'low' }).tap();
  await button('Model: thinker · low').waitFor();
  await button(/^Mode:/).tap();
  await page.getByRole('radio', { name: /^plan/ }).tap();
  await newChat('demo/slow-assets');
  await button('Mode: build').waitFor();
  await button(/^Model:/).tap();
  await page
    .getByRole('dialog', { name: 'Model' })
    .getByRole('radio', { name: /^Demo, small/ })
    .first()
    .tap();
  await button('Model: small').waitFor();
  await newChat();
  await reload(page);
  await button('Model: thinker · low').waitFor();
  await button('Mode: plan').waitFor();
  await button(/^Model:/).tap();
  await page.getByRole('button', { name: 'Favourite: Demo', exact: true }).last().tap();
  await page.getByRole('radiogroup', { name: 'favourites' }).getByRole('radio', { name: /^Demo/ }).tap();
  await button('Model: demo').waitFor();
  await button(/^Mode:/).tap();
  await page.getByRole('radio', { name: /^build/ }).tap();
});

test('compositions are neither sent nor broken, and Send in mid-word takes the whole word', async () => {
  await begun();
  const session = await phone.context.newCDPSession(page);
  await box().focus();
  await page.keyboard.type('say: ');
  const compose = (text: string) =>
    session.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  await compose('に');
  await compose('にほ');
  await valueIs('say: にほ');
  // The Enter that ends a composition, on a keyboard on which it would send.
  await box().evaluate((area) => {
    const enter = { key: 'Enter', ctrlKey: true, isComposing: true, bubbles: true, cancelable: true };
    area.dispatchEvent(new KeyboardEvent('keydown', enter));
  });
  await compose('日本');
  await session.send('Input.insertText', { text: '日本' });
  await valueIs('say: 日本');
  expect(await page.getByRole('article', { name: 'You' }).count()).toBe(1);
  await compose('語');
  await send().tap();
  await valueIs('');
  const parts = await done('日本語');
  expect(parts.find(({ type }) => type === 'text')?.text).toBe('say: 日本語');
});

test('a prompt that waits is taken back with its photo; Stop stops', async () => {
  await box().fill('say 900 words at 10 per second');
  await sent();
  await button('Stop').waitFor();
  await page.getByRole('article', { name: 'Agent' }).last().getByText('river1').waitFor();
  await attach('back.jpg', photo);
  await attached().getByRole('img').waitFor();
  await box().fill('say: later');
  await sent();
  await pending().getByText('waiting until the agent is done').waitFor();
  await pending().getByText('with back.jpg').waitFor();
  await picture(page, 'queued');
  await pending().getByRole('button', { name: 'Take back' }).tap();
  await valueIs('say: later');
  await attached().getByRole('img').waitFor();
  expect(await look((await attached().getByRole('img').getAttribute('src')) ?? '')).toMatchObject({
    size: '1176 x 1568',
    top: 'red',
  });
  await button('Remove back.jpg').tap();
  await box().fill('');
  await button('Stop').tap();
  await rests();
});

test.each([
  ['retries', 'fail 429', 'retrying'],
  ['has a subagent at work', 'subagent: wait 90 seconds ; say: late', 'working'],
])('Stop stops a chat that %s', async (_what, prompt, state) => {
  await box().fill(prompt);
  await sent();
  await until(`it is ${state}`, async () => (await view())?.state === state);
  await button('Stop').tap();
  await until('it has stopped', async () => !['working', 'retrying'].includes((await view())?.state ?? ''));
  await button('Stop').waitFor({ state: 'detached' });
  expect(await page.getByRole('alert').filter({ hasText: 'Not stopped' }).count()).toBe(0);
});

test('what cannot be kept is not lost, and Send can be tapped again', async () => {
  await box().fill('say: kept in the end');
  await page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...given: Parameters<typeof put>) {
      // What else is written down at the same moment is not what is tried here.
      if (this.transaction.db.name !== 'ocweb') return put.apply(this, given);
      IDBObjectStore.prototype.put = put;
      throw new DOMException('full', 'QuotaExceededError');
    };
  });
  await send().tap();
  await page.getByRole('alert').getByText('no room left').waitFor();
  expect(await box().inputValue()).toBe('say: kept in the end');
  await sent();
  await page.getByRole('article', { name: 'Agent' }).getByText('kept in the end').waitFor();
  await rests();
});

test('a long text stays quick, and the box grows to a limit', async () => {
  await newChat();
  await page.evaluate((text) => navigator.clipboard.writeText(text), 'words and words\n'.repeat(6_250));
  await box().focus();
  await page.keyboard.press('Control+V');
  await until('it is pasted', async () => (await box().inputValue()).length >= 100_000);
  const started = performance.now();
  await page.keyboard.type('quick');
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done))));
  const key = (performance.now() - started) / 5;
  const height = await box().evaluate((area) => area.clientHeight);
  expect(height).toBeLessThan(844 * 0.45);
  // It is written down although the page ends.
  await reload(page);
  await until('it is there again', async () => (await box().inputValue()).endsWith('quick'));
  await box().fill('');
  // What would be felt grows with the text, and would be seconds.
  keepsBar('each key in a long text', key, 400);
});

test('from opening the page to a prompt in a fresh working copy: two taps, in another repository four', async () => {
  let taps = 0;
  const tap = async (target: ReturnType<typeof button>) => {
    taps += 1;
    await target.tap();
  };
  await visit(page, '/');
  await page.waitForURL(/\/chat\/ses_/);
  const before = chatId();
  await tap(button('New chat'));
  await page.waitForURL(/\/new/);
  await page.keyboard.type('say: two');
  await tap(send());
  await page.waitForURL((url) => /\/chat\/ses_/.test(url.pathname) && !url.pathname.includes(before));
  expect(taps).toBe(2);
  await rests();

  taps = 0;
  await visit(page, '/');
  await page.waitForURL(/\/chat\/ses_/);
  await tap(button('New chat'));
  await tap(button(/^Repository:/));
  await tap(button(/^demo\/slow-assets/));
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await until('the box has the focus again', () => box().evaluate((area) => area === document.activeElement));
  await page.keyboard.type('say: four');
  await tap(send());
  await page.waitForURL(/\/chat\/ses_/);
  expect(taps).toBe(4);
  await page.getByRole('article', { name: 'Agent' }).getByText('four').waitFor();
});
