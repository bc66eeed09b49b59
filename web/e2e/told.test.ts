// Who locked the phone is told: what waits is in one inbox, and a notification's button answers it.
import type { Browser, CDPSession, Worker } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keepsBar } from './bars';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { PushDevice } from './pushDevice';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;
let device: PushDevice;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openLoggedIn();
  device = await PushDevice.start();
});
afterAll(async () => {
  device?.stop();
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

async function openLoggedIn(): Promise<Phone> {
  const opened = await openPhone(browser, stack.url, { cookie });
  await opened.context.grantPermissions(['notifications'], { origin: stack.url });
  return opened;
}

interface Inbox {
  requests: { id: string; chat_id: string; kind: string }[];
}

const inbox = async () => (await stack.json<Inbox>(cookie, 'GET', '/admin/inbox')).body.requests;

/** A new chat that is not looked at; answers its id once it asks something. */
async function chatThatAsks(prompt: string): Promise<string> {
  const id = await stack.begin(cookie, prompt);
  await until('it asks', async () => (await inbox()).some(({ chat_id }) => chat_id === id));
  return id;
}

const requests = (of: Phone) => of.page.getByTestId('inbox-request');

test('what waits in any chat is in the inbox, the oldest first, and leads to its chat', async () => {
  const first = await chatThatAsks('ask: Which colour? | red | blue');
  await chatThatAsks('subagent: run: rm -f inner.txt && echo inner');
  await visit(phone.page, '/new');
  await phone.page.getByRole('button', { name: 'Inbox: 2 waiting' }).tap();
  await phone.page.waitForURL(/\/inbox$/);
  await until('both are shown', async () => (await requests(phone).count()) === 2);
  expect(await requests(phone).first().innerText()).toContain('Which colour?');
  expect(await requests(phone).first().innerText()).toContain('demo/hello-web');
  await requests(phone).last().getByText('asked by subagent').waitFor();
  expect(await requests(phone).last().innerText()).toContain('rm -f inner.txt');
  expect(await requests(phone).first().getByRole('link').getAttribute('href')).toBe(`/chat/${first}`);
  await picture(phone.page, 'inbox');
});

test('what is answered on one device vanishes on the other', async () => {
  const other = await openLoggedIn();
  await visit(other.page, '/inbox');
  await until('the other has both', async () => (await requests(other).count()) === 2);
  await requests(phone).getByRole('radio', { name: 'blue' }).tap();
  await requests(phone).getByRole('button', { name: 'Answer', exact: true }).tap();
  for (const each of [phone, other]) {
    await until('one is left', async () => (await requests(each).count()) === 1);
  }
  await requests(other).getByRole('button', { name: 'Allow once' }).tap();
  await until('none is left', async () => (await requests(phone).count()) === 0);
  await until('both are done', async () => {
    return (await phone.page.locator('[data-testid=inbox-chat][data-state=unread]').count()) === 2;
  });
  await phone.page.getByRole('button', { name: 'Mark what is done as read' }).tap();
  await other.page.getByTestId('inbox-empty').waitFor();
  expect(other.complaints).toEqual([]);
  await other.context.close();
});

test('a secret goes in and is never shown again', async () => {
  await visit(phone.page, '/notifications');
  const ntfy = phone.page.getByTestId('channel-ntfy');
  await ntfy.getByRole('switch', { name: 'ntfy' }).tap();
  await ntfy.getByRole('button', { name: /Make up a topic/ }).tap();
  await ntfy.getByLabel('Server').fill(new URL(device.subscription.endpoint).origin);
  await ntfy.getByLabel('Access token').fill('tk_secret');
  await ntfy.getByRole('button', { name: 'Save and turn on' }).tap();
  await ntfy.getByText('is set').waitFor();
  const { body } = await stack.json<unknown>(cookie, 'GET', '/admin/notifications/settings');
  expect(JSON.stringify(body)).not.toContain('tk_secret');
  expect(body).toMatchObject({ public_url: stack.url, ntfy: { enabled: true, token_set: true } });
  await ntfy.getByRole('switch', { name: 'ntfy' }).tap();
  await ntfy.getByLabel('Server').waitFor({ state: 'detached' });
});

test('a device that is subscribed is listed, and gets the test', async () => {
  const { status } = await stack.json(
    cookie,
    'POST',
    '/admin/notifications/subscriptions',
    device.subscription,
  );
  expect(status).toBe(201);
  await reload(phone.page);
  await phone.page.getByTestId('push-device').getByText('Test on nothing').waitFor();
  const push = phone.page.getByTestId('channel-web_push');
  await push.getByRole('button', { name: 'Send a test' }).tap();
  await push.getByTestId('test-outcome').getByText(/^Sent/).waitFor();
  expect(device.pushed).toHaveLength(1);
  await picture(phone.page, 'notifications');
});

/** The page's own worker, with what a push service and a finger do to it. */
async function worker(): Promise<{ running: Worker; push: (data: unknown) => Promise<void> }> {
  await phone.page.evaluate(async () => {
    await navigator.serviceWorker.register('/ocweb/sw.js', { scope: '/' });
    await navigator.serviceWorker.ready;
  });
  // The page starts it by itself too, so it may have been there before.
  const [running = await phone.context.waitForEvent('serviceworker')] = phone.context.serviceWorkers();
  const session: CDPSession = await phone.context.newCDPSession(phone.page);
  const registered = new Promise<string>((done) => {
    session.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const [first] = registrations;
      if (first) done(first.registrationId);
    });
  });
  await session.send('ServiceWorker.enable');
  const registrationId = await registered;
  return {
    running,
    async push(data) {
      const text = JSON.stringify(data);
      await session.send('ServiceWorker.deliverPushMessage', {
        origin: stack.url,
        registrationId,
        data: text,
      });
    },
  };
}

/** The texts of the notifications that are on the screen. */
const shown = () =>
  phone.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration('/');
    return ((await registration?.getNotifications()) ?? []).map(({ body }) => body);
  });

/** Presses a button of the notification that is shown. */
function press(running: Worker, action: string): Promise<void> {
  return running.evaluate(async (pressed) => {
    // Typed for a page; this runs in the worker.
    const scope = globalThis as unknown as {
      registration: ServiceWorkerRegistration;
      NotificationEvent: new (type: string, init: object) => Event;
    };
    const [notification] = await scope.registration.getNotifications();
    dispatchEvent(new scope.NotificationEvent('notificationclick', { notification, action: pressed }));
  }, action);
}

interface Noting {
  registration: ServiceWorkerRegistration;
  said?: string[];
}

/**
 * Has the worker note each text once it is shown. What the browser lists is no measure of that: asked while it is about to
 * show something, and an open page asks as well, it may forget to list it.
 */
function noteWhatIsSaid(running: Worker): Promise<void> {
  return running.evaluate(() => {
    const scope = globalThis as unknown as Noting;
    const { registration, said } = scope;
    scope.said = [];
    if (said) return;
    const show = registration.showNotification.bind(registration);
    registration.showNotification = async (title, options) => {
      await show(title, options);
      scope.said?.push(options?.body ?? '');
    };
  });
}

const said = (running: Worker) => running.evaluate(() => (globalThis as unknown as Noting).said ?? []);

/** Again until it is listed: a button is pressed of what is. */
async function pushUntilShown(
  running: Worker,
  push: (data: unknown) => Promise<void>,
  data: unknown,
): Promise<void> {
  await until('it is shown', async () => {
    const before = (await said(running)).length;
    await push(data);
    await until('it is said', async () => (await said(running)).length > before);
    return (await shown()).some((text) => text.includes('rm -f'));
  });
}

/** Closes the notifications that are shown, but those with this tag. */
function close(running: Worker, kept: string): Promise<void> {
  return running.evaluate(async (tag) => {
    const scope = globalThis as unknown as { registration: ServiceWorkerRegistration };
    for (const each of await scope.registration.getNotifications()) if (each.tag !== tag) each.close();
  }, kept);
}

test("a permission is told by Web Push, and given by the notification's button, once", async () => {
  const { running, push } = await worker();
  await close(running, '');
  await noteWhatIsSaid(running);
  const before = device.pushed.length;
  const chat = await chatThatAsks('run: rm -f notes.md && echo removed');
  await until('the device is told', () => device.pushed.length === before + 1);
  const told = device.pushed[before];
  const { body: waits } = await stack.json<{ requests: { asked_at: string }[] }>(
    cookie,
    'GET',
    '/admin/inbox',
  );
  const late = Number(device.pushedAt[before]) - Date.parse(String(waits.requests[0]?.asked_at));
  process.stderr.write(`from the event to the push: ${late} ms\n`);
  expect(told).toMatchObject({ url: `/chat/${chat}`, badge: 1 });
  expect(told?.body).toContain('rm -f notes.md');

  await pushUntilShown(running, push, told);
  await press(running, 'once');
  await until('nothing waits', async () => (await inbox()).length === 0);
  await until('the outcome is said', async () => (await said(running)).includes('Allowed once.'));

  // The same button on another device, later. An open page closes what is over whenever a chat changes, as this one does
  // while its run ends.
  await stack.reaches(cookie, chat);
  await pushUntilShown(running, push, { ...told, tag: 'again' });
  await close(running, 'again');
  await press(running, 'once');
  await until('it is refused', async () =>
    (await said(running)).some((text) => text.startsWith('Not answered')),
  );
  await phone.page.locator('[data-testid=log-entry][data-outcome=sent]').first().waitFor();
  await stack.json(cookie, 'PUT', '/admin/events/read', { chat, read: true });
  // 250 ms of them are waited for an answer from elsewhere.
  keepsBar('from the event to the push', late, 1_500);
});

test('of a muted chat nothing is told, and the log says why', async () => {
  const before = device.pushed.length;
  const chat = await chatThatAsks('ask: One? | yes | no');
  await until('the device is told', () => device.pushed.length === before + 1);
  await visit(phone.page, `/chat/${chat}`);
  await phone.page.getByRole('radio', { name: 'yes' }).tap();
  await phone.page.getByRole('button', { name: 'Answer', exact: true }).tap();
  await phone.page.getByRole('button', { name: 'Chat menu' }).tap();
  await phone.page.getByRole('menuitem', { name: 'Mute notifications' }).tap();
  await phone.page.getByRole('menuitem', { name: 'Unmute notifications' }).waitFor();
  await phone.page.getByRole('button', { name: 'Close' }).last().tap();
  await phone.page.getByRole('textbox', { name: 'Message' }).fill('ask: Two? | yes | no');
  await phone.page.getByRole('button', { name: 'Send' }).tap();
  // It is written down on the phone when it is shown.
  await phone.page.getByText('ask: Two? | yes | no').last().waitFor();
  await until(
    'the box is empty',
    async () => (await phone.page.getByRole('textbox', { name: 'Message' }).inputValue()) === '',
  );
  await visit(phone.page, '/notifications');
  await phone.page.getByTestId('muted-chat').waitFor();
  await phone.page
    .locator('[data-testid=log-entry][data-outcome=held_back]')
    .filter({ hasText: /^question[\s\S]*The chat is muted/ })
    .waitFor();
  expect(device.pushed).toHaveLength(before + 1);
});
