// A first start as it comes: no password, no token, no key, no demo. It starts, and says what is missing.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, picture, visit } from './browser';
import { Stack } from './stack';

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
  stack = await Stack.start({ bare: true, environment: { AUTH_PASSWORD: '' } });
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

test('a password is made, shown once, and kept', async () => {
  const shown = /log in with the password (\S+)/.exec(stack.log)?.[1];
  expect(shown, stack.log).toMatch(/^[a-z0-9-]{16,}$/i);
  stack.password = String(shown);
  const before = stack.log.length;
  await stack.login();
  await stack.stop();
  await stack.launch();
  expect(stack.log.slice(before)).not.toMatch(/log in with the password [a-z0-9]+-/);
  await stack.login();
});

test('the page says what is missing, in words and with the names to set', async () => {
  const phone = await openPhone(browser, stack.url);
  await visit(phone.page, '/repos');
  await phone.page.getByLabel('password').fill(stack.password);
  await phone.page.getByRole('button', { name: 'log in' }).tap();
  await phone.page
    .getByText(/GITHUB_TOKEN/)
    .first()
    .waitFor();
  await phone.page
    .getByText(/API_KEY/)
    .first()
    .waitFor();
  await picture(phone.page, 'missing');
  expect(phone.complaints).toEqual([]);
});
