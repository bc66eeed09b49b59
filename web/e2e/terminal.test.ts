// A shell in a chat's working copy, from a phone: typed, interrupted, reloaded, cut off, and ended.
import { rm } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;

beforeAll(async () => {
  stack = await Stack.start();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url);
  const { page } = phone;
  await visit(page, '/');
  await page.getByLabel('password').fill(stack.password);
  await page.getByRole('button', { name: 'log in' }).tap();
  await page.getByRole('button', { name: /^demo\/hello-web/ }).tap();
  await page.getByRole('textbox', { name: 'Message' }).fill('write notes.md: one');
  await page.getByRole('button', { name: 'Send' }).tap();
  await page.getByRole('banner').locator('[data-state="done"]').waitFor();
  await visit(page, `${page.url()}/terminal`);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

const terminal = () => phone.page.getByTestId('terminal');
const key = (name: string) => phone.page.getByRole('button', { name, exact: true });

async function shows(pattern: RegExp): Promise<void> {
  let text = '';
  await until(`the terminal shows ${pattern}`, async () => {
    text = await terminal().innerText();
    return pattern.test(text);
  }).catch((error: unknown) => {
    throw new Error(`${error}; it shows ${text}`);
  });
}

test('a shell is opened in the working copy, and typed into', async () => {
  const { page } = phone;
  await page.getByRole('button', { name: 'Open a terminal' }).tap();
  await page.locator('[data-testid="terminal"][data-state="open"]').waitFor();
  await shows(/[$#]\s*$/);
  await page.keyboard.type('cat notes.md; echo answer-$((6*7))');
  await page.keyboard.press('Enter');
  await shows(/one\s*answer-42/);
  await page.keyboard.type('printf "\\033[1;32mgreen\\033[0m\\n"');
  await page.keyboard.press('Enter');
  await page.locator('.terminal-2', { hasText: 'green' }).waitFor();
  // As wide as the screen, and the program knows.
  await page.keyboard.type('stty size');
  await page.keyboard.press('Enter');
  await shows(/\n\d\d (4\d|5\d)\n/);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  await picture(page, 'terminal');
});

test('the keys that a phone does not have', async () => {
  const { page } = phone;
  for (const box of await page.locator('.terminal-keys button').all()) {
    const size = await box.boundingBox();
    expect(Math.min(size?.width ?? 0, size?.height ?? 0)).toBeGreaterThanOrEqual(44);
  }
  await page.keyboard.type('sleep 1000');
  await page.keyboard.press('Enter');
  await shows(/sleep 1000\s*$/);
  await key('Esc').tap();
  await shows(/sleep 1000\s+\^\[/);
  await key('Ctrl').tap();
  expect(await key('Ctrl').getAttribute('aria-pressed')).toBe('true');
  await page.keyboard.type('c');
  await shows(/\^C/);
  expect(await key('Ctrl').getAttribute('aria-pressed')).toBe('false');
  await page.keyboard.type('echo begin-"$(');
  await key('Ctrl').tap();
  await page.keyboard.type('u');
  await page.keyboard.type('echo re-peated');
  await page.keyboard.press('Enter');
  await shows(/\nre-peated/);
  await page.keyboard.type('clear');
  await page.keyboard.press('Enter');
  await until('it is cleared', async () => !(await terminal().innerText()).includes('re-peated'));
  await key('Up').tap();
  await key('Up').tap();
  await page.keyboard.press('Enter');
  await shows(/\nre-peated/);
  // The box is still typed into: the row did not take the keyboard away.
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Terminal');
});

test('it goes on where it was after a reload, and after the network was away', async () => {
  const { page, context } = phone;
  await page.keyboard.type('for n in $(seq 40); do echo line-$n; sleep 0.2; done; echo all-there');
  await page.keyboard.press('Enter');
  await shows(/line-3\n/);
  await reload(page);
  await shows(/line-9\n/);
  await context.setOffline(true);
  await context.setOffline(false);
  await shows(/\nall-there/);
  const lines = (await terminal().innerText()).match(/^line-\d+$/gm) ?? [];
  expect(lines).toEqual(Array.from({ length: 40 }, (_, index) => `line-${index + 1}`));
});

test('a second one beside it; what has ended says so', async () => {
  const { page } = phone;
  await page.getByRole('button', { name: 'New terminal' }).tap();
  await page.getByRole('button', { name: '2', exact: true }).waitFor();
  await until('the new one is empty', async () => !(await terminal().innerText()).includes('all-there'));
  await shows(/[$#]\s*$/);
  await page.keyboard.type('exit');
  await page.keyboard.press('Enter');
  await shows(/all-there/);
  // One tap ends nothing.
  await page.getByRole('button', { name: 'end it' }).tap();
  const asked = page.getByRole('dialog', { name: 'End this terminal?' });
  await picture(page, 'terminal-end');
  await asked.getByRole('button', { name: 'Cancel' }).tap();
  await asked.waitFor({ state: 'detached' });
  await shows(/all-there/);
  await page.getByRole('button', { name: 'end it' }).tap();
  await asked.getByRole('button', { name: 'End it', exact: true }).tap();
  await page.getByRole('button', { name: 'Open a terminal' }).waitFor();
  expect(phone.complaints).toEqual([]);
});

test('where there is no working copy any more it says so, and leads back', async () => {
  const { page } = phone;
  const said = page.getByTestId('no-working-copy');
  const cookie = await stack.login();
  const id = new URL(page.url()).pathname.split('/')[2] ?? '';
  const { body } = await stack.json<{ chats: { id: string; directory: string }[] }>(
    cookie,
    'GET',
    '/admin/chats',
  );
  await rm(body.chats.find((chat) => chat.id === id)?.directory ?? '', { recursive: true });
  await visit(page, `${stack.url}/chat/${id}/terminal`);
  await said.getByText('The working copy of this chat is gone.').waitFor();
  await picture(page, 'terminal-gone');
  await visit(page, `${stack.url}/chat/ses_nobodyknowsthischat0000000/terminal`);
  await said.getByText('This chat is not here any more.').waitFor();
  await said.getByRole('link', { name: 'Back to the chat' }).tap();
  await page.getByText('This chat is not here any more.').waitFor();
});
