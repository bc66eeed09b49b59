// What an agent did is read and commented on with a thumb: the diff, the log, the files, and the comments as one prompt.
// One stack and one chat; each step goes on where the one before ended.
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { newMessageId } from '../src/shared/identifier';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;
let chat: string;

const greeting = 'src/greetings/for/everybody/who/comes/along/greeting.ts';
/** The smallest PNG there is. */
const png =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const work = [
  'edit main.js: ?? 0) + 1; => ?? 0) + 2;',
  'run: git -c user.name=Ada -c user.email=ada@example.org commit -qam "Count twice"',
  'edit index.html: Hello, world => Hello, everybody',
  `write ${greeting}: const word = "Hello";\\n\\nexport function greet(name: string) {\\n  return word + name;\\n}\\n`,
  'run: git mv style.css look.css && head -c 300 /dev/zero > zeros.bin',
  `run: echo ${png} | base64 -d > dot.png && mkdir notes && for n in 1 2 3 4 5 6; do echo note $n > notes/$n.md; done`,
  'run: for n in $(seq 1 400); do echo line $n; done > long.txt',
  'say: That is it.',
].join('\n');

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  chat = await stack.begin(cookie, work);
  await rests();
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

/** Nothing waits and nothing runs in the chat. */
const rests = () => stack.reaches(cookie, chat);

const button = (name: string | RegExp) => phone.page.getByRole('button', { name });
const link = (name: string | RegExp) => phone.page.getByRole('link', { name });
const file = (path: string) => phone.page.getByRole('region', { name: path, exact: true });
const line = (path: string, text: string) => file(path).locator('.diff-line', { hasText: text }).last();

/** Brings a file into sight: what is far away is not drawn. */
async function show(path: string): Promise<void> {
  await file(path).waitFor({ state: 'attached' });
  await file(path).evaluate((section) => section.scrollIntoView());
}
const comment = () => phone.page.getByTestId('comment');
const sheet = () => phone.page.getByRole('dialog');

async function write(text: string, save: string): Promise<void> {
  await sheet().getByRole('textbox', { name: 'Comment' }).fill(text);
  await picture(phone.page, 'review-comment');
  await sheet().getByRole('button', { name: save }).tap();
  await sheet().waitFor({ state: 'detached' });
}

/** Nothing is wider than the screen, and everything that is tapped is large enough. */
async function fits(): Promise<void> {
  const small = await phone.page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.page button, .page a')].flatMap((each) => {
      const { width, height } = each.getBoundingClientRect();
      // Of the number of a line: a tap anywhere on the line does the same.
      const isLarge = (width >= 44 && height >= 44) || each.matches('.diff-number') || width < 2;
      return isLarge ? [] : [`${each.ariaLabel ?? each.textContent} ${width}x${height}`];
    }),
  );
  expect(small).toEqual([]);
  const page = await phone.page.evaluate(() =>
    [...document.querySelectorAll('html, .page, .page > *')].every(
      ({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth + 1,
    ),
  );
  expect(page, 'nothing is cut at the side').toBe(true);
}

test('one tap from the chat to everything that was changed since its base', async () => {
  await visit(phone.page, `/chat/${chat}`);
  await phone.page.getByTestId('changes').getByText('13 files changed').waitFor();
  await picture(phone.page, 'changes-pill');
  await phone.page.getByTestId('changes').tap();
  await phone.page.waitForURL(/\/diff$/);
  await line('index.html', 'Hello, everybody').waitFor();
  expect(await file('look.css').innerText()).toContain('renamed from style.css');
  expect(await file('zeros.bin').innerText()).toMatch(/binary/);
  expect(await file(greeting).innerText()).toContain('not in git yet');
  await picture(phone.page, 'changes');
  await show('main.js');
  await line('main.js', '+ 2;').waitFor();
  await fits();
});

test('the end of a long path is in sight, and stays so while its lines are read', async () => {
  const name = file(greeting).getByText('greeting.ts', { exact: true });
  await show(greeting);
  const box = await name.boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 999)).toBeLessThanOrEqual(390);
  const long = file('long.txt');
  await show('long.txt');
  await line('long.txt', 'line 99').waitFor();
  await line('long.txt', 'line 99').evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const head = await long
    .getByRole('button', { name: /long\.txt/ })
    .first()
    .boundingBox();
  const top = await phone.page.locator('main').boundingBox();
  expect(Math.abs((head?.y ?? 0) - (top?.y ?? 999))).toBeLessThan(2);
});

test('what is not committed is told apart', async () => {
  await button('not committed').tap();
  await file('index.html').waitFor();
  expect(await file('main.js').count()).toBe(0);
  await button('all changes').tap();
  await file('main.js').waitFor();
});

test('what is folded stays folded; the tree and the arrows lead from file to file', async () => {
  const head = file('dot.png').getByRole('button').first();
  await head.tap();
  await until('it is folded', async () => (await head.getAttribute('aria-expanded')) === 'false');
  await reload(phone.page);
  await until('it still is', async () => (await head.getAttribute('aria-expanded')) === 'false');
  await button('13 files').tap();
  await picture(phone.page, 'diff-tree');
  await sheet()
    .getByRole('button', { name: /^src\/.*greeting\.ts/ })
    .tap();
  await sheet().waitFor({ state: 'detached' });
  const top = (await phone.page.locator('main').boundingBox())?.y ?? 0;
  const y = async (of: Locator) => (await of.boundingBox())?.y ?? -1;
  await until('the file is at the top', async () => Math.abs((await y(file(greeting))) - top) < 2);
  await button('Previous file').tap();
  await until(
    'the file before it is at the top',
    async () => Math.abs((await y(file('notes/6.md'))) - top) < 2,
  );
  await button('Next file').tap();
  await until('it is there again', async () => Math.abs((await y(file(greeting))) - top) < 2);
});

test('a comment on one line, and one on several', async () => {
  await show('main.js');
  await line('main.js', '+ 2;').tap();
  await phone.page.getByRole('button', { name: 'Comment', exact: true }).tap();
  await write('say: Two is seen to.', 'Add comment');
  await file('main.js').getByTestId('comment').getByText('Two is seen to').waitFor();

  await show(greeting);
  await line(greeting, 'export function').tap();
  await button('Select up to another line').tap();
  await line(greeting, 'return word').tap();
  await phone.page.getByText('lines 3–4').waitFor();
  await picture(phone.page, 'review-selection');
  await phone.page.getByRole('button', { name: 'Comment', exact: true }).tap();
  await write('A space between them, please.', 'Add comment');
  await file(greeting).getByTestId('comment').waitFor();
  await button('2 comments').waitFor();
  await fits();
});

test('several lines are chosen by dragging over their numbers, too; reading by finger chooses none', async () => {
  const number = (n: number) =>
    file('long.txt').getByRole('button', { name: `Select line ${n}`, exact: true });
  await show('long.txt');
  const [from, to] = [await number(3).boundingBox(), await number(5).boundingBox()];
  if (!from || !to) throw new Error('the lines are not in sight');
  const session = await phone.context.newCDPSession(phone.page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', x: number, y: number) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: type === 'touchEnd' ? [] : [{ x, y }] });
  const x = from.x + 8;
  await touch('touchStart', x, from.y + 8);
  for (const y of [from.y + 16, from.y + 28, to.y + 4, to.y + 8]) await touch('touchMove', x, y);
  await touch('touchEnd', x, to.y + 8);
  await phone.page.getByText('lines 3–5').waitFor();
  const bar = phone.page.getByRole('region', { name: 'Selected lines' });
  // Not by a tap: right after a drag that is synthetic Chromium makes no click of one.
  await button('Select nothing').click();
  await bar.waitFor({ state: 'detached' });

  const main = phone.page.locator('main');
  const before = await main.evaluate((element) => element.scrollTop);
  await touch('touchStart', 300, 500);
  for (let y = 490; y >= 300; y -= 10) await touch('touchMove', 300, y);
  await touch('touchEnd', 300, 300);
  await until(
    'it was scrolled',
    async () => (await main.evaluate((element) => element.scrollTop)) > before + 50,
  );
  expect(await bar.allInnerTexts()).toEqual([]);
});

test('comments are there after a reload, as is one that is half written', async () => {
  await show('main.js');
  await line('main.js', 'const key').tap();
  await phone.page.getByRole('button', { name: 'Comment', exact: true }).tap();
  await sheet().getByRole('textbox', { name: 'Comment' }).fill('Half a th');
  await reload(phone.page);
  const text = sheet().getByRole('textbox', { name: 'Comment' });
  await until('it is back', async () => (await text.inputValue()) === 'Half a th');
  await button('Discard').tap();
  await sheet().waitFor({ state: 'detached' });
  await button('2 comments').waitFor();
  await show('main.js');
  await file('main.js').getByTestId('comment').tap();
  await write('say: Two is seen to, thrice.', 'Save');
  await file('main.js').getByTestId('comment').getByText('thrice').waitFor();
});

test('what changes meanwhile is shown without moving what is read; a comment that lost its lines says so', async () => {
  const read = line('long.txt', 'line 77');
  await show('long.txt');
  await read.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  const before = (await read.boundingBox())?.y ?? 0;
  await stack.json(cookie, 'POST', `/admin/chats/${chat}/prompts`, {
    id: newMessageId(Date.now(), undefined),
    text: `edit ${greeting}: return word + name; => return word + " " + name;\nedit index.html: <title>Hello => <title>Hello\\nagain`,
  });
  // Its head is always there, its lines only once they are near.
  await file('index.html').getByText('+3').waitFor();
  expect(Math.abs(((await read.boundingBox())?.y ?? 0) - before)).toBeLessThan(3);
  await button(/13 files/).tap();
  await sheet()
    .getByRole('button', { name: /^src\/.*greeting\.ts/ })
    .tap();
  const lost = file(greeting).getByTestId('comment');
  await lost.getByText('outdated').waitFor();
  expect(await lost.innerText()).toContain('return word + name;');
  await picture(phone.page, 'review-outdated');
});

test('the comments are one prompt, which arrives once', async () => {
  await button('Send to the agent').tap();
  await phone.page.waitForURL(new RegExp(`/chat/${chat}$`));
  await phone.page.getByRole('article', { name: 'Agent' }).getByText('Two is seen to, thrice.').waitFor();
  await rests();
  interface Message {
    info: { role: string };
    parts: { type: string; text?: string }[];
  }
  const { body } = await stack.json<Message[]>(cookie, 'GET', `/session/${chat}/message`);
  const said = body
    .filter(({ info }) => info.role === 'user')
    .map(({ parts }) => parts.map(({ text }) => text ?? '').join(''));
  const reviews = said.filter((text) => text.includes('thrice'));
  expect(reviews).toHaveLength(1);
  expect(reviews[0]).toContain('have 2 comments');
  expect(reviews[0]).toMatch(
    /^1\. main\.js:2$\n^```diff\n\+const visits = .* \+ 2;\n```\nsay: Two is seen to, thrice\.$/m,
  );
  expect(reviews[0]).toContain(`2. ${greeting}:3-4`);
  await phone.page.getByTestId('changes').tap();
  await show('main.js');
  await line('main.js', '+ 2;').waitFor();
  expect(await comment().count()).toBe(0);
});

test('the log says what is pushed, and leads to what each commit did', async () => {
  await visit(phone.page, `/chat/${chat}`);
  await link('log').tap();
  await phone.page.waitForURL(/\/log$/);
  const commit = phone.page.getByTestId('commit').filter({ hasText: 'Count twice' });
  expect(await commit.innerText()).toMatch(/not pushed · Ada · /);
  await picture(phone.page, 'log');
  await fits();
  await commit.tap();
  await phone.page.getByTestId('commit-head').getByText('Count twice').waitFor();
  await line('main.js', '+ 2;').waitFor();
  expect(await file('index.html').count()).toBe(0);
  await picture(phone.page, 'commit');
});

test('the files of the working copy: folders, pictures, names and contents', async () => {
  await link('files').tap();
  await phone.page.waitForURL(/\/files$/);
  await phone.page.getByTestId('file-entry').filter({ hasText: 'notes/' }).waitFor();
  await picture(phone.page, 'files');
  await fits();
  await phone.page.getByTestId('file-entry').filter({ hasText: 'dot.png' }).tap();
  const dot = phone.page.getByRole('img', { name: 'dot.png' });
  await until('the picture is there', () =>
    dot.evaluate((image) => image instanceof HTMLImageElement && image.naturalWidth === 1),
  );
  await phone.page.goBack();
  await phone.page.getByTestId('file-entry').filter({ hasText: 'zeros.bin' }).tap();
  await phone.page.getByText('A binary file of 300 B.').waitFor();
  await phone.page.goBack();

  const search = phone.page.getByRole('searchbox', { name: 'Search files' });
  await search.fill('greting');
  await phone.page.getByTestId('match').filter({ hasText: 'greeting.ts' }).waitFor();
  await search.fill('line 321');
  await button('in contents').tap();
  await phone.page.getByTestId('match').filter({ hasText: 'long.txt:321' }).waitFor();
  await picture(phone.page, 'files-search');
  await phone.page.getByTestId('match').first().tap();
  const found = phone.page.locator('.diff-line[data-selected]', { hasText: 'line 321' });
  await found.waitFor();
  const y = (await found.boundingBox())?.y ?? -1;
  expect(y).toBeGreaterThan(100);
  expect(y).toBeLessThan(700);
  await picture(phone.page, 'file');
  await fits();
  await phone.page.goBack();
  await phone.page.getByTestId('match').first().waitFor();
});

test('a line of a file is commented on as one of the diff is', async () => {
  await visit(phone.page, `/chat/${chat}/files?path=main.js`);
  await phone.page.locator('.diff-line', { hasText: 'getElementById' }).tap();
  await phone.page.getByRole('button', { name: 'Comment', exact: true }).tap();
  await write('Is it there?', 'Add comment');
  await comment().getByText('Is it there?').waitFor();
  await link('changes').tap();
  await show('main.js');
  // The line is near enough to what was changed.
  await file('main.js').getByTestId('comment').getByText('Is it there?').waitFor();
  await button('1 comment').tap();
  await sheet().getByText('main.js:4').tap();
  await sheet().getByRole('button', { name: 'Remove' }).tap();
  await until('it is gone', async () => (await comment().count()) === 0);
});

test('it fits on a small phone, and uses the room of a desktop', async () => {
  await phone.page.setViewportSize({ width: 320, height: 568 });
  for (const page of ['diff', 'log', 'files', 'files?path=main.js']) {
    await visit(phone.page, `/chat/${chat}/${page}`);
    await phone.page.locator('.diff-line, [data-testid=commit], [data-testid=file-entry]').first().waitFor();
    await picture(phone.page, `small-${page.replace(/\W.*/, '')}`);
    await fits();
  }
  await phone.page.setViewportSize({ width: 1280, height: 800 });
  await visit(phone.page, `/chat/${chat}/diff`);
  const tree = phone.page.getByRole('navigation', { name: 'Changed files' });
  await tree.getByRole('button', { name: /^long\.txt/ }).click();
  await until('the file is in sight', async () => {
    const box = await file('long.txt').boundingBox();
    return box !== null && box.y < 800 && box.x >= ((await tree.boundingBox())?.width ?? 9999);
  });
  await picture(phone.page, 'desktop-diff');
});
