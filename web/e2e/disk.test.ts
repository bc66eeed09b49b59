// The disk is full, under opencode's database and everything else: it is said, the login works, and freeing space
// is all that it takes.
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;
let chat: string;

beforeAll(async () => {
  stack = await Stack.start({ volumeMegabytes: 400 });
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  chat = await stack.begin(cookie, 'say: before');
  await stateIs('unread', 'done');
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

interface Status {
  chats: { id: string; state: string }[];
  instance: { disk: { low: boolean; available_bytes: number } };
}

const status = async () => (await stack.json<Status>(cookie, 'GET', '/admin/status')).body;

const stateIs = (...states: string[]) =>
  until(`the chat is ${states}`, async () =>
    states.includes((await status()).chats.find(({ id }) => id === chat)?.state ?? ''),
  );

let count = 0;
function prompt(text: string) {
  count += 1;
  const ticks = BigInt.asUintN(48, BigInt(Date.now()) * 4096n)
    .toString(16)
    .padStart(12, '0');
  return stack.json<{ type: string; detail: string }>(cookie, 'POST', `/admin/chats/${chat}/prompts`, {
    id: `msg_${ticks}${String(count).padStart(14, '0')}`,
    text,
  });
}

/** Writes until nothing fits any more. */
async function fill(path: string): Promise<void> {
  const file = await open(path, 'a');
  try {
    for (let size = 1 << 20; size >= 512; size /= 2) {
      const block = Buffer.alloc(size, 1);
      for (;;) {
        const written = await file.write(block).catch((error: NodeJS.ErrnoException) => {
          expect(error.code).toBe('ENOSPC');
          return null;
        });
        if (written === null || written.bytesWritten < size) break;
      }
    }
  } finally {
    await file.close().catch(() => {});
  }
}

test('a full disk in the middle of an answer', async () => {
  await visit(phone.page, `/chat/${chat}`);
  await phone.page.getByRole('textbox', { name: 'Message' }).waitFor();
  expect(
    (await prompt('say 200 words at 20 per second\nrun: echo after > file.txt; cat file.txt')).status,
  ).toBe(202);
  await stateIs('working');
  const filler = join(await stack.volume(), 'filler');
  await fill(filler);
  await until('the relay says so', async () => (await status()).instance.disk.low);
  await phone.page
    .getByText(/disk.*full/i)
    .first()
    .waitFor();
  // The door does not depend on the disk.
  expect(await stack.login()).toBeTruthy();
  // Nothing is promised that could not be written down. (Small things may still fit: others make room.)
  const refused = await until('a prompt is refused', async () => {
    await fill(filler);
    const answer = await prompt('say: squeezed in');
    return answer.status !== 202 && answer;
  });
  expect([refused.status, refused.body.type]).toEqual([507, 'disk-full']);
  // It never stays "working" for ever.
  await stateIs('unread', 'done', 'failed', 'interrupted', 'queued');

  await rm(filler);
  await until('there is room', async () => !(await status()).instance.disk.low);
  await phone.page
    .getByText(/disk.*full/i)
    .first()
    .waitFor({ state: 'hidden' });
  const id = await until('a prompt is taken', async () => (await prompt('say: after')).status === 202);
  expect(id).toBe(true);
  await until('it is answered', async () => {
    const { body } = await stack.json<{ parts: { text?: string }[] }[]>(
      cookie,
      'GET',
      `/session/${chat}/message`,
    );
    return body.at(-1)?.parts.some(({ text }) => text === 'after');
  });
});
