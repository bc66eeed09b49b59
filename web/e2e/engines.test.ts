// The same short journey in WebKit, which every browser of an iPhone is, and in Firefox: log in, type a task, watch it,
// allow what it asks for, look around. What Chromium shows in detail is not repeated here.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Driver, inTime } from './engines/driver';
import { openFirefox } from './engines/firefox';
import { findMiniBrowser, openWebKit } from './engines/webkit';
import { Stack, until } from './stack';

describe.each([
  { engine: 'WebKit', open: openWebKit },
  { engine: 'Firefox', open: openFirefox },
])('$engine', ({ engine, open }) => {
  let stack: Stack;
  let browser: Driver;

  beforeAll(async () => {
    stack = await Stack.start();
    browser = await open();
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.remove();
  });

  async function look(name: string): Promise<void> {
    const folder = process.env.OCWEB_SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${engine.toLowerCase()}-${name}.png`), await browser.picture());
  }

  test('the journey of a task', async () => {
    await browser.open(`${stack.url}/`);
    await browser.type('input[name=password]', stack.password);
    await browser.click('button[type=submit]');
    await browser.click('[data-testid="repo-option"]');
    expect(await browser.run<number>('return innerWidth')).toBe(390);
    await look('new-chat');

    const box = 'textarea[aria-label="Message"]';
    // One line each: with a mouse, which these browsers have, Enter sends.
    await browser.type(box, 'write notes.md: one');
    await browser.click('button[aria-label="Send"]');
    await browser.find('[data-testid="chat-state"][data-state="done"]');
    await browser.type(box, 'run: rm -f other.md && echo removed');
    await browser.click('button[aria-label="Send"]');
    // The words come over the stream, and what is asked for is answered where one's thumb is.
    await browser.find('[data-testid="permission"]');
    await browser.shows('rm -f other.md');
    await look('permission');
    // A card that has just appeared ignores taps for a moment: it may have come under the finger.
    await until('the permission is given', async () => {
      await browser.run(
        'for (const it of document.querySelectorAll("[data-testid=permission] button")) if (/^Allow once/.test(it.textContent)) it.click()',
      );
      return browser.run<boolean>('return document.querySelector("[data-testid=permission]") === null');
    });
    await browser.shows('removed');
    await browser.find('[data-testid="chat-state"][data-state="done"]');
    await look('chat');

    // Nothing is wider than the screen, and the box that is typed into is in sight.
    const sizes =
      'return [document.documentElement.scrollWidth, document.querySelector("textarea").getBoundingClientRect().bottom]';
    const [width, bottom] = await browser.run<[number, number]>(sizes);
    expect(width).toBeLessThanOrEqual(390);
    expect(bottom).toBeLessThanOrEqual(844);

    // A draft is there after a reload, and the conversation too.
    await browser.type(box, 'half a thought');
    await browser.open(await browser.run<string>('return location.href'));
    await browser.shows('removed');
    await until('the draft is back', () =>
      browser.run<boolean>('return document.querySelector("textarea").value === "half a thought"'),
    );

    await browser.click('button[aria-label^="Chats"]');
    await browser.find('[data-testid="chat-row"][data-status="done"]');
    await browser.click('.drawer button[aria-label="Close"]');
    await browser.click('[data-testid="changes"]');
    await browser.find('[data-testid="diff-view"]');
    await browser.shows('notes.md');
  });
});

test('a driver that hangs is said by its name and what it was asked for', async () => {
  const never = new Promise<never>(() => undefined);
  await expect(inTime('WebKit', 'POST /url', never, 50)).rejects.toThrow(
    'WebKit did not answer POST /url within 50 ms',
  );
  expect(await inTime('WebKit', 'POST /url', Promise.resolve(1))).toBe(1);
});

test.each([
  ['x86_64-linux-gnu/webkit2gtk-4.0', 'x86_64-linux-gnu/webkit2gtk-4.1'],
  ['aarch64-linux-gnu/webkit2gtk-4.1', 'aarch64-linux-gnu/webkitgtk-6.0'],
])('of %s and %s the browser of the newer WebKit is found', async (older, newer) => {
  const libraries = mkdtempSync(join(tmpdir(), 'ocweb-libraries-'));
  await expect(findMiniBrowser(libraries)).rejects.toThrow(/install webkit2gtk-driver/);
  for (const folder of ['python3', older, newer]) mkdirSync(join(libraries, folder), { recursive: true });
  for (const folder of [older, newer]) writeFileSync(join(libraries, folder, 'MiniBrowser'), '');
  expect(await findMiniBrowser(libraries)).toBe(join(libraries, newer, 'MiniBrowser'));
  rmSync(libraries, { recursive: true });
});
