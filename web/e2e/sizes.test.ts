// The rules of the phone app that can be measured, at four sizes: a phone, a small one, a tablet, and a desktop with a mouse.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { atRest, openBrowser, openPhone, type Phone, picture, show, swipe, visit } from './browser';
import { misfits } from './layout';
import { screens } from './screens';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let cookie: string;
/** The last one that was worked in. */
let chat: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

async function open(options: BrowserContextOptions): Promise<Phone> {
  return openPhone(browser, stack.url, { ...options, cookie });
}

/** A chat whose answer is there. */
async function newChat(prompt: string): Promise<string> {
  const id = await stack.begin(cookie, prompt);
  await stack.reaches(cookie, id);
  return id;
}

const box = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const drawer = (page: Page) => page.getByRole('complementary', { name: 'Chats and pages' });
const hasFocus = (page: Page) => box(page).evaluate((element) => element === document.activeElement);

test('where nothing is cloned there are repositories to choose from, and nothing is cloned unasked', async () => {
  const { page, context } = await open({});
  await visit(page, '/');
  await page.waitForURL('**/repos');
  await page.getByTestId('repo-option').first().waitFor();
  const { body } = await stack.json<{ repos: unknown[] }>(cookie, 'GET', '/admin/repos');
  expect(body.repos).toEqual([]);
  await context.close();

  const line = 'wide '.repeat(40).trim();
  const prompt = [
    `write notes.md: ${line}\\ntwo`,
    'edit README.md: # => # Hello,',
    `run: echo ${'unbroken'.repeat(40)}; echo ${line}`,
    'todo: look; write',
    `say: # ${'heading'.repeat(12)}\\n\\n${'word'.repeat(60)} https://example.com/${'path/'.repeat(30)}\\n\\n| a | b | c |\\n|---|---|---|\\n| ${line} | ${line} | ${line} |\\n\\n\`\`\`ts\\nconst long = '${line}';\\n\`\`\`\\n\\n- [a link](https://example.com)`,
  ];
  await newChat(`say: ${'the other chat '.repeat(12)}`);
  chat = await newChat(prompt.join('\n'));
});

const sizes = [
  { name: '390 x 844', width: 390, height: 844, hasTouch: true },
  { name: '320 x 568', width: 320, height: 568, hasTouch: true },
  { name: '768 x 1024', width: 768, height: 1024, hasTouch: true },
  { name: '1280 x 800', width: 1280, height: 800, hasTouch: false },
];

// Lines of code are tapped to comment on them, and stay as high as they are read; links in what the agent says are words.
const meantToBeSmall = '.diff-line, .diff-number, .markdown a';

describe.each(sizes)('$name', ({ width, height, hasTouch }) => {
  let device: Phone;
  let page: Page;

  beforeAll(async () => {
    device = await open({ viewport: { width, height }, hasTouch, isMobile: hasTouch });
    page = device.page;
  });
  afterAll(async () => {
    expect(device.complaints).toEqual([]);
    await device.context.close();
  });

  test('it opens in the last chat, in a box that can be typed into', async () => {
    await visit(page, '/');
    await page.waitForURL(`**/chat/${chat}`);
    await box(page).waitFor();
    await until('the box has the focus', () => hasFocus(page));
    await page.keyboard.type('typed at once');
    expect(await box(page).inputValue()).toBe('typed at once');
  });

  test(hasTouch ? 'Enter is a new line' : 'Enter sends, and with Shift it is a new line', async () => {
    await box(page).fill('one');
    await page.keyboard.press('End');
    await page.keyboard.press(hasTouch ? 'Enter' : 'Shift+Enter');
    await page.keyboard.type('say: two');
    expect(await box(page).inputValue()).toBe('one\nsay: two');
    if (hasTouch) return await box(page).fill('');
    await page.keyboard.press('Enter');
    await until('it is sent', async () => (await box(page).inputValue()) === '');
    await page.getByRole('article', { name: 'Agent' }).last().getByText('two').waitFor();
  });

  test('every page fits, and everything on it can be tapped and read', async () => {
    for (const { name, address } of await screens(page, chat)) {
      await show(page, address);
      if (width === 390) await picture(page, name);
      const found = await misfits(page, meantToBeSmall);
      // A mouse hits what is small, and zooms nothing.
      if (!hasTouch) Object.assign(found, { small: [], zooming: [] });
      expect.soft(found, `${name} at ${width}`).toEqual({
        wide: [],
        small: [],
        zooming: [],
        dots: [],
        typefaces: [],
        background: 'rgb(0, 0, 0)',
      });
      const [whole = 0, body = 0] = await page.evaluate(() => {
        const sideways = (element: Element) => element.scrollWidth - element.clientWidth;
        const bodies = [...document.querySelectorAll('.page-body')].map(sideways);
        return [sideways(document.documentElement), Math.max(0, ...bodies)];
      });
      expect.soft([whole, body], `${name} does not scroll sideways`).toEqual([0, 0]);
    }
  });

  test(
    width >= 900 ? 'the chats are always beside the page' : 'the chats come by a button or a swipe',
    async () => {
      await show(page, `/chat/${chat}`);
      const rows = drawer(page).getByTestId('chat-row');
      if (width >= 900) {
        await until('both chats are there', async () => (await rows.count()) === 2);
        const [list, beside] = [await drawer(page).boundingBox(), await box(page).boundingBox()];
        expect(list?.x).toBe(0);
        expect(beside?.x).toBeGreaterThanOrEqual(list?.width ?? width);
        expect(await page.getByRole('button', { name: /^Chats/ }).count()).toBe(0);
        return;
      }
      expect(await drawer(page).count()).toBe(0);
      await page.getByRole('button', { name: /^Chats/ }).tap();
      await until('both chats are there', async () => (await rows.count()) === 2);
      const hasSlidIn = () =>
        until('it has slid in', async () => (await drawer(page).boundingBox())?.x === 0);
      await hasSlidIn();
      const found = await misfits(page, meantToBeSmall);
      expect([...found.wide, ...found.small, ...found.dots]).toEqual([]);
      await drawer(page)
        .getByText(/^\d+\.\d+\.\d+/)
        .waitFor();
      await drawer(page)
        .getByRole('link', { name: /^opencode \d/ })
        .waitFor();
      await drawer(page).getByRole('button', { name: 'Close' }).tap();
      await drawer(page).waitFor({ state: 'hidden' });
      await swipe(page, { x: 120, y: 30 }, { x: 310, y: 40 });
      await drawer(page).waitFor();
      await hasSlidIn();
      await swipe(page, { x: 270, y: 300 }, { x: 40, y: 295 });
      await drawer(page).waitFor({ state: 'hidden' });
    },
  );

  test('messages are all at the left, and nothing of them is folded', async () => {
    await show(page, `/chat/${chat}`);
    await page.locator('[data-tool=edit]').waitFor();
    const lefts = await page
      .getByRole('article')
      .evaluateAll((articles) => articles.map((article) => article.getBoundingClientRect().left));
    expect(lefts.length).toBeGreaterThan(1);
    expect(new Set(lefts).size).toBe(1);
    const folded = page.locator(
      ':is([data-tool=bash], [data-tool=edit], [data-tool=write]) [aria-expanded=false]',
    );
    expect(await folded.count()).toBe(0);
  });

  test('sheets fit, and what is in them can be tapped', async () => {
    for (const { name, address, button } of [
      { name: 'mode-picker', address: `/chat/${chat}`, button: /^Mode: / },
      { name: 'model-picker', address: `/chat/${chat}`, button: /^Model: / },
      { name: 'chat-menu-sheet', address: `/chat/${chat}`, button: /^Chat menu/ },
      { name: 'commit-sheet', address: `/chat/${chat}/diff`, button: 'Commit…' },
      { name: 'repository-sheet', address: '/repos', button: /^Settings of/ },
    ]) {
      await show(page, address);
      const opener = page.getByRole('button', { name: button });
      await (hasTouch ? opener.tap() : opener.click());
      const sheet = page.getByRole('dialog');
      await sheet.locator('[role=radio], [role=menuitem], input, textarea').first().waitFor();
      await atRest(page);
      if (width === 390) await picture(page, name);
      const { wide, small, zooming } = await misfits(page, meantToBeSmall);
      // A mouse hits what is small, and zooms nothing.
      expect.soft(hasTouch ? [...wide, ...small, ...zooming] : wide, name).toEqual([]);
      const bounds = await sheet.boundingBox();
      expect((bounds?.y ?? -1) >= 0 && (bounds?.y ?? 0) + (bounds?.height ?? 0) <= height + 1, name).toBe(
        true,
      );
      await page.keyboard.press('Escape');
      await sheet.waitFor({ state: 'detached' });
    }
  });

  // A screen with a mouse may have one too.
  test('the keyboard never covers what is typed into', async () => {
    const covered = Math.round(height * 0.42);
    const bottomOf = (name: string) =>
      page
        .getByRole(name === 'Message' ? 'textbox' : 'button', { name, exact: true })
        .evaluate((element) => element.getBoundingClientRect().bottom);
    // A keyboard that takes its room from the page, as on Android.
    await show(page, `/chat/${chat}`);
    await page.setViewportSize({ width, height: height - covered });
    await until('the page is smaller', async () => (await bottomOf('Send')) <= height - covered);
    await page.setViewportSize({ width, height });
    // A keyboard that is laid over the page, as on iOS: only the visual viewport tells of it.
    await page.addInitScript(() => {
      const seen = Object.assign(new EventTarget(), { height: innerHeight, offsetTop: 0, scale: 1 });
      Object.defineProperty(window, 'visualViewport', { value: seen });
    });
    const keyboard = (pixels: number) =>
      page.evaluate((covered) => {
        const seen = window.visualViewport as unknown as EventTarget & { height: number };
        seen.height = innerHeight - covered;
        seen.dispatchEvent(new Event('resize'));
      }, pixels);
    const places = [`/chat/${chat}`, '/new?repo=demo%2Fhello-web'];
    // Above the page may be what it has to say itself, such as that the disk is nearly full.
    for (const [address, bars] of places.flatMap((place) => [0, 3].map((bars) => [place, bars] as const))) {
      await show(page, address);
      await page.evaluate((count) => {
        for (let bar = 0; bar < count; bar += 1) {
          const line = Object.assign(document.createElement('div'), { className: 'instance-bar' });
          document.querySelector('.page')?.prepend(line);
        }
      }, bars);
      await box(page).focus();
      // Longer than the screen.
      await box(page).fill(Array.from({ length: 60 }, (_, line) => `line ${line}`).join('\n'));
      await keyboard(covered);
      await until(
        `${address} ends above the keyboard, with ${bars} bars`,
        async () => (await bottomOf('Send')) <= height - covered,
      );
      expect(await bottomOf('Message')).toBeLessThanOrEqual(height - covered);
      const top = await box(page).evaluate((element) => element.getBoundingClientRect().top);
      expect(top).toBeGreaterThanOrEqual(0);
      if (width === 390 && address === places[0] && bars === 0) await picture(page, 'keyboard');
      if (width === 320)
        await picture(page, `keyboard-${bars}-${address.startsWith('/new') ? 'new' : 'chat'}`);
      await keyboard(0);
      await until('the page is whole again', async () => (await bottomOf('Send')) > height - covered);
      await box(page).fill('');
    }
  });
});
