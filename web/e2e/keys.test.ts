// The keys of providers: opencode has them, and tells them; the page never asks for what has them in it.
import type { Browser, Response } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, show } from './browser';
import { Stack, send, until } from './stack';

const keys = {
  environment: 'sk-of-the-environment',
  configuration: 'sk-of-the-configuration',
  handed: 'sk-handed-to-opencode',
};

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;

beforeAll(async () => {
  const content = JSON.stringify({
    enabled_providers: ['demo', 'openrouter', 'mistral', 'deepinfra'],
    provider: { deepinfra: { options: { apiKey: keys.configuration } } },
  });
  stack = await Stack.start({
    catalogue: true,
    environment: { OPENCODE_CONFIG_CONTENT: content, MISTRAL_API_KEY: keys.environment },
  });
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url);
  const [name = '', value = ''] = cookie.split('=');
  await phone.context.addCookies([{ name, value, url: stack.url }]);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});

test('no key reaches the page, and the list of models is small', async () => {
  const json = { cookie, 'content-type': 'application/json' };
  const body = JSON.stringify({ type: 'api', key: keys.handed });
  await send(stack.port, '/auth/openrouter', { method: 'PUT', headers: json, body });
  expect((await send(stack.port, '/admin/providers', { method: 'POST', headers: { cookie } })).status).toBe(
    202,
  );
  const raw = await until('opencode itself tells all keys', async () => {
    const { text } = await send(stack.port, '/config/providers', { headers: { cookie } });
    return Object.values(keys).every((key) => text.includes(key)) && text;
  });

  const seen: Promise<{ path: string; text: string; bytes: number }>[] = [];
  const read = async (answer: Response) => ({
    path: new URL(answer.url()).pathname,
    // Streams have no end, and what was navigated away from is gone.
    text: await answer.text().catch(() => ''),
    bytes: (await answer.request().sizes()).responseBodySize,
  });
  phone.page.on('response', (answer) => {
    const isJson = answer.headers()['content-type']?.startsWith('application/json') === true;
    if (isJson) seen.push(read(answer));
  });
  await show(phone.page, '/settings/providers');
  await phone.page.locator('[data-provider=openrouter][data-connected=true]').waitFor();
  await show(phone.page, '/settings/models');
  await phone.page.getByRole('heading', { name: 'OpenRouter' }).waitFor();
  await show(phone.page, '/new');
  await phone.page.getByRole('button', { name: /^Model: / }).tap();
  const picker = phone.page.getByRole('dialog', { name: 'Model' });
  await picker.getByRole('radio', { name: /Demo that thinks first/ }).waitFor();

  const answers = await Promise.all(seen);
  const hasKeys = (path: string) => /^\/(config|global\/config|provider)(\/(?!auth)|$)/.test(path);
  const isKey = (text: string) => Object.values(keys).some((key) => text.includes(key));
  expect(answers.filter(({ path, text }) => hasKeys(path) || isKey(text)).map(({ path }) => path)).toEqual(
    [],
  );
  const lists = answers.filter(({ path, text }) => path === '/admin/models' && text !== '');
  expect(lists.length).toBeGreaterThan(0);
  for (const { text, bytes } of lists) {
    expect(bytes, `on the wire, of ${text.length}; opencode tells ${raw.length}`).toBeLessThan(20_000);
  }
  expect(phone.complaints).toEqual([]);
});
