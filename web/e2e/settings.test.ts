// What is set from the phone: providers, models, how permissive a chat is, and tokens for programs elsewhere.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, show } from './browser';
import { Stack, send, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;

beforeAll(async () => {
  // The demo's configuration names one provider; another one is to be connected.
  const content = JSON.stringify({ enabled_providers: ['demo', 'deepinfra', 'mistral'] });
  stack = await Stack.start({
    catalogue: true,
    environment: { OPENCODE_CONFIG_CONTENT: content, MISTRAL_API_KEY: 'given-by-the-environment' },
  });
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

const view = (id: string) => stack.view(cookie, id);
const begin = (prompt: string) => stack.begin(cookie, prompt);
const ask = (chat: string, text: string) => stack.say(cookie, chat, text);
const rests = (id: string) => stack.reaches(cookie, id);

test('a provider is connected by its key while an agent works on, and disconnected again', async () => {
  // It works until the test has seen what it is to see.
  const running = await begin('run: until [ -e go-on ]; do sleep 0.1; done\nsay: done');
  await until('it works', async () => (await view(running))?.state === 'working');

  await show(phone.page, '/settings/providers');
  const row = phone.page.locator('[data-provider=deepinfra]');
  await picture(phone.page, 'providers');
  const { text } = await send(stack.port, '/admin/providers', { headers: { cookie } });
  expect(text.length).toBeLessThan(60_000);

  await phone.page.locator('[data-provider=mistral][data-connected=true]').tap();
  await phone.page.getByText('from the environment').last().waitFor();
  expect(await phone.page.getByRole('button', { name: 'Disconnect' }).count()).toBe(0);
  await phone.page.getByRole('button', { name: 'Close' }).tap();

  await row.tap();
  await phone.page.getByLabel('API key').fill('sk-only-for-opencode');
  await phone.page.getByRole('button', { name: 'Connect', exact: true }).tap();
  await phone.page.getByText('will not be interrupted').waitFor();
  await phone.page.locator('[data-provider=deepinfra][data-connected=true]').waitFor();

  // Offered to new chats at once; to the one that ran as soon as it rests.
  await show(phone.page, '/settings/models');
  await phone.page.getByRole('heading', { name: 'Deep Infra' }).waitFor();
  expect((await view(running))?.state).toBe('working');
  await stack.letGoOn(cookie, running);
  await rests(running);
  const messages = await send(stack.port, `/session/${running}/message`, { headers: { cookie } });
  expect(messages.text).not.toContain('MessageAbortedError');
  const directory = encodeURIComponent((await view(running))?.directory ?? '');
  await until('the chat that ran has its models', async () => {
    const answer = await send(stack.port, `/config/providers?directory=${directory}`, {
      headers: { cookie },
    });
    return answer.text.includes('"deepinfra"');
  });

  await show(phone.page, '/settings/providers');
  await phone.page.locator('[data-provider=deepinfra]').tap();
  await phone.page.getByRole('button', { name: 'Disconnect' }).tap();
  await phone.page.getByText('is disconnected').waitFor();
  await phone.page.locator('[data-provider=deepinfra][data-connected=false]').waitFor();
  expect(stack.log).not.toContain('sk-only-for-opencode');
});

test('a model that is hidden is not offered any more', async () => {
  await show(phone.page, '/settings/models');
  const small = phone.page.getByRole('switch', { name: 'Demo, small' });
  await small.tap();
  expect(await small.getAttribute('aria-checked')).toBe('false');
  await picture(phone.page, 'models');
  await show(phone.page, '/new');
  await phone.page.getByRole('button', { name: /^Model: / }).tap();
  const picker = phone.page.getByRole('dialog', { name: 'Model' });
  await picker.getByRole('radio', { name: /Demo that thinks first/ }).waitFor();
  expect(await picker.getByRole('radio', { name: /Demo, small/ }).count()).toBe(0);
});

test('a chat asks as it was told to: by default, and after it was changed', async () => {
  await show(phone.page, '/settings/permissions');
  await phone.page.getByRole('radio', { name: /^Ask/ }).tap();
  await until('the server keeps it', async () => {
    const { body } = await stack.json<{ default: string }>(cookie, 'GET', '/admin/chats/permissions');
    return body.default === 'ask';
  });
  // The demo's own configuration would allow this.
  const chat = await begin('write one.md: one');
  const asked = await until('it asks', async () => (await view(chat))?.requests[0]);
  expect(asked.details).toMatchObject({ permission: 'edit' });
  expect((await view(chat))?.permissions).toBe('ask');

  await show(phone.page, `/chat/${chat}`);
  await phone.page.getByRole('button', { name: 'Chat menu' }).tap();
  await phone.page.getByRole('menuitem', { name: 'Permissions: ask' }).tap();
  await phone.page.getByRole('radio', { name: /^Allow edits/ }).tap();
  await until('it is changed', async () => (await view(chat))?.permissions === 'edits');
  // What waits is not granted by that.
  expect((await view(chat))?.requests).toHaveLength(1);
  await phone.page.getByRole('dialog').getByRole('button', { name: 'Close' }).tap();
  await phone.page.getByRole('button', { name: 'Allow once' }).tap();
  await rests(chat);

  await ask(chat, 'write two.md: two\nrun: rm -f two.md && echo removed');
  const next = await until('it asks again', async () => (await view(chat))?.requests[0]);
  expect(next.details).toMatchObject({ permission: 'bash' });
  await phone.page.getByRole('button', { name: 'Allow once' }).tap();
  await rests(chat);

  await phone.page.getByRole('button', { name: 'Chat menu' }).tap();
  await phone.page.getByRole('menuitem', { name: 'Permissions: allow edits' }).tap();
  await phone.page.getByRole('radio', { name: /^Allow all/ }).tap();
  const warning = phone.page.getByRole('dialog').getByRole('alert');
  expect(await warning.innerText()).toContain('runs any command with your rights');
  await picture(phone.page, 'permissions');
  expect((await view(chat))?.permissions).toBe('edits');
  await phone.page.getByRole('button', { name: 'Allow all' }).tap();
  await until('it is changed', async () => (await view(chat))?.permissions === 'all');
  // Done without asking, and at work until that was seen.
  const directory = (await view(chat))?.directory ?? '';
  await ask(chat, 'run: rm -f one.md && touch removed && until [ -e go-on ]; do sleep 0.1; done');
  await until('it is done without asking', () => existsSync(join(directory, 'removed')));
  expect(await view(chat)).toMatchObject({ state: 'working', requests: [] });
  await stack.letGoOn(cookie, chat);
  await rests(chat);
});

test('a token made on the page lets a program in, and nobody once it is revoked', async () => {
  await show(phone.page, '/devices');
  await phone.page.getByLabel('Name of the new token').fill('the laptop');
  await phone.page.getByLabel('What it is good for').selectOption('full');
  await phone.page.getByLabel('How long it lasts').selectOption('7d');
  await phone.page.getByRole('button', { name: 'Make a token' }).tap();
  const token = await phone.page.getByTestId('token-text').innerText();
  await picture(phone.page, 'tokens');
  const bearer = { authorization: `Bearer ${token}` };
  const basic = { authorization: `Basic ${btoa(`opencode:${token}`)}` };
  for (const headers of [bearer, basic]) {
    for (const path of ['/admin/status', '/session', '/global/health', '/']) {
      expect((await send(stack.port, path, { headers })).status, path).toBe(200);
    }
    expect((await send(stack.port, '/auth/tokens', { headers })).status).toBe(401);
  }
  const elsewhere = await fetch(`${stack.url}/admin/status`, {
    headers: { ...basic, origin: 'https://evil.example' },
  });
  expect(elsewhere.status).toBe(403);

  expect(await phone.page.getByTestId('token').innerText()).toContain('ends in 6d');

  const stream = await fetch(`${stack.url}/global/event`, { headers: bearer });
  const reader = stream.body?.getReader();
  await reader?.read();
  const ended = (async () => {
    while (!(await reader?.read().catch(() => ({ done: true })))?.done);
    return true;
  })();
  await phone.page.getByRole('button', { name: 'Revoke the laptop' }).tap();
  await phone.page.getByTestId('token').waitFor({ state: 'detached' });
  const page = await send(stack.port, '/', { headers: { ...bearer, accept: 'text/html' } });
  expect(page.status).toBe(401);
  expect(page.headers['www-authenticate']).toBeUndefined();
  expect(await Promise.race([ended, new Promise((done) => setTimeout(done, 10_000, 'open'))])).toBe(true);
});
