// What stays on a phone after its login: nothing where its person logged out, what was written where it merely ended.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let chat: string;

beforeAll(async () => {
  stack = await Stack.start();
  browser = await openBrowser();
  const cookie = await stack.login();
  chat = await stack.begin(cookie, 'say: an answer');
  await stack.reaches(cookie, chat);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

/** A phone that has seen a chat, keeps the page, and holds something that was not sent. */
async function usedPhone(): Promise<{ phone: Phone; cookie: string }> {
  const cookie = await stack.login();
  const phone = await openPhone(browser, stack.url, { cookie });
  await visit(phone.page, `/chat/${chat}`);
  await phone.page.getByRole('article', { name: 'Agent' }).last().waitFor();
  await phone.page.getByRole('textbox', { name: 'Message' }).fill('typed and not sent');
  await until('the page and what it showed are kept', async () => {
    const { databases, caches } = await left(phone);
    return caches.length > 0 && databases.includes('ocweb-last-seen');
  });
  return { phone, cookie };
}

function left({ page }: Phone) {
  return page.evaluate(async () => ({
    storage: Object.keys(localStorage).filter((key) => key.startsWith('ocweb.')),
    databases: (await indexedDB.databases()).map(({ name = '' }) => name),
    caches: await caches.keys(),
  }));
}

const draft = () => `ocweb.draft.${chat}`;

test('who logs out is told what is lost, may stay, and leaves nothing behind', async () => {
  const { phone, cookie } = await usedPhone();
  const { page } = phone;
  await visit(page, '/devices');
  await page.getByRole('button', { name: 'Log out', exact: true }).tap();
  const asked = page.getByRole('dialog', { name: 'Log out and lose this?' });
  await asked.getByText('what is typed or attached in 1 draft').waitFor();
  await picture(page, 'log-out');
  await asked.getByRole('button', { name: 'Stay' }).tap();
  await asked.waitFor({ state: 'detached' });
  expect((await left(phone)).storage).toContain(draft());
  await page.getByRole('button', { name: 'Log out', exact: true }).tap();
  await asked.getByRole('button', { name: 'Log out and lose it' }).tap();
  await page.getByLabel('password').waitFor();
  expect(await left(phone)).toEqual({ storage: [], databases: [], caches: [] });
  expect((await stack.json(cookie, 'GET', '/admin/status')).status).toBe(401);
  expect(phone.complaints).toEqual([]);
  await phone.context.close();
});

test('a login that was ended elsewhere takes what was seen, and leaves what was written', async () => {
  const { phone, cookie } = await usedPhone();
  const { page } = phone;
  await stack.json(cookie, 'POST', '/auth/logout');
  // The stream ends, and the page learns why.
  await page.getByLabel('password').waitFor();
  await until('what was seen is gone', async () => {
    const { databases, caches } = await left(phone);
    return caches.length === 0 && !databases.includes('ocweb-last-seen');
  });
  expect((await left(phone)).storage).toContain(draft());
  await page.getByLabel('password').fill(stack.password);
  await page.getByRole('button', { name: 'log in' }).tap();
  await page.getByRole('textbox', { name: 'Message' }).waitFor();
  expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('typed and not sent');
  await phone.context.close();
});

test('one that ended while the page was closed is noticed by the worker at the next start', async () => {
  const { phone, cookie } = await usedPhone();
  const { page, context } = phone;
  await visit(page, 'about:blank');
  await stack.json(cookie, 'POST', '/auth/logout');
  await visit(page, `${stack.url}/`);
  await page.getByLabel('password').waitFor();
  await until('what was seen is gone', async () => {
    const { databases, caches } = await left(phone);
    return caches.length === 0 && !databases.includes('ocweb-last-seen');
  });
  expect((await left(phone)).storage).toContain(draft());
  await context.close();
});
