// Reading: a long chat that is at its end at once and goes back to its beginning, an answer that is followed without a
// jump, and what can be done from a message on.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PATIENCE } from './bars';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { fill } from './longChat';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

interface Session {
  id: string;
  directory: string;
  projectID: string;
}

const transcript = () => phone.page.getByTestId('transcript');
const button = (name: string | RegExp) => phone.page.getByRole('button', { name });
const mine = () => phone.page.getByRole('article', { name: 'You' });
const answers = () => phone.page.getByRole('article', { name: 'Agent' });
const box = () => phone.page.getByRole('textbox', { name: 'Message' });
/** How far the reader is from the end, in pixels. */
const fromEnd = () => transcript().evaluate((it) => -it.scrollTop);

async function newChat(prompt?: string): Promise<Session> {
  const id = await stack.begin(cookie, prompt);
  await until('the chat is ready', async () => {
    const chat = await stack.json<{ state: string }>(cookie, 'GET', `/admin/chats/${id}`);
    return chat.body.state === 'ready';
  });
  if (prompt !== undefined) await rests(id);
  return (await stack.json<Session>(cookie, 'GET', `/session/${id}`)).body;
}

/** Has the server send a prompt: what is tried here is how it is read. Answers its id. */
const say = (chat: string, text: string) => stack.say(cookie, chat, text);
const rests = (chat: string) => stack.reaches(cookie, chat, ['done', 'unread', 'failed']);

async function sayAndWait(chat: string, text: string): Promise<void> {
  interface Message {
    info: { parentID?: string; time: { completed?: number } };
  }
  const id = await say(chat, text);
  await until('it is answered', async () => {
    const { body } = await stack.json<Message[]>(cookie, 'GET', `/session/${chat}/message`);
    return body.some(({ info }) => info.parentID === id && info.time.completed !== undefined);
  });
  await rests(chat);
}

interface Step {
  /** By how much what was seen moved beyond what was scrolled, in pixels. */
  astray: number;
  first: string;
  isBeginning: boolean;
}

/** Scrolls up, and looks some frames later. */
function scrollUp(distance: number): Promise<Step> {
  return transcript().evaluate(
    (view, by) =>
      new Promise<Step>((done) => {
        const middle = view.getBoundingClientRect().top + view.clientHeight / 2;
        const seen = [0, 40, 80, 120, 160]
          .map((below) => document.elementFromPoint(innerWidth / 2, middle + below))
          .find((element) => element?.closest('article'));
        const topOf = () => seen?.getBoundingClientRect().top ?? 0;
        const top = topOf();
        const position = view.scrollTop;
        view.scrollTop -= by;
        const scrolled = position - view.scrollTop;
        const look = () =>
          done({
            astray: seen?.isConnected ? Math.abs(topOf() - top - scrolled) : 0,
            first: view.querySelector('article')?.textContent ?? '',
            isBeginning: view.scrollHeight - view.clientHeight + view.scrollTop < 2,
          });
        // After the frame, as it is painted.
        const frames = (left: number): unknown =>
          left > 0 ? requestAnimationFrame(() => frames(left - 1)) : setTimeout(look);
        frames(3);
      }),
    distance,
  );
}

test('a chat of 1,000 messages is at its end at once, with the latest messages only', async () => {
  const session = await newChat();
  await fill(stack, session, 1_000);
  await visit(phone.page, `/chat/${session.id}`);
  await answers().filter({ hasText: 'Answer number 999' }).waitFor();
  expect(await fromEnd()).toBeLessThan(2);
  expect(await phone.page.getByRole('article').count()).toBeLessThan(150);
  await expectSeen(answers().last());
  await phone.page
    .getByTestId('context')
    .filter({ hasText: /2\.1k of 200k · 1%/ })
    .waitFor();
  await picture(phone.page, 'long-chat');
});

test('it scrolls to its beginning by itself, and nothing moves but by scrolling', async () => {
  let astray = 0;
  // A finger that goes on and on: `until` would rest between two looks.
  const begun = Date.now();
  for (let isBeginning = false; !isBeginning; ) {
    expect(Date.now() - begun, 'ms until the beginning is reached').toBeLessThan(PATIENCE);
    const step = await scrollUp(2_400);
    astray = Math.max(astray, step.astray);
    isBeginning = step.isBeginning && step.first.includes('Prompt number 0:');
  }
  expect(astray).toBeLessThan(2);
  expect(await phone.page.getByRole('article').count()).toBe(1_000);
  await button('Scroll to bottom').tap();
  expect(await fromEnd()).toBeLessThan(2);
  await expectSeen(answers().filter({ hasText: 'Answer number 999' }));
});

test('what is folded stays folded after a reload, and its headline stays under the finger', async () => {
  const command = phone.page.getByRole('button', { name: /^\$ ls -l 997/ });
  await command.scrollIntoViewIfNeeded();
  const before = (await command.boundingBox())?.y ?? 0;
  expect(await command.getAttribute('aria-expanded')).toBe('true');
  await command.tap();
  expect(await command.getAttribute('aria-expanded')).toBe('false');
  const moved = Math.abs(((await command.boundingBox())?.y ?? 0) - before);
  expect(moved).toBeLessThan(2);
  await reload(phone.page);
  await answers().filter({ hasText: 'Answer number 999' }).waitFor();
  expect(await command.getAttribute('aria-expanded')).toBe('false');
  await command.tap();
  await reload(phone.page);
  await answers().filter({ hasText: 'Answer number 999' }).waitFor();
  expect(await command.getAttribute('aria-expanded')).toBe('true');
});

test('an answer is followed without a jump; who reads further up is left in peace', async () => {
  const session = await newChat('say 150 words at 200 per second');
  await visit(phone.page, `/chat/${session.id}`);
  await answers().first().waitFor();
  await say(session.id, 'say 500 words at 60 per second');
  const growing = answers().nth(1);
  await growing.waitFor();
  const words = async () => (await growing.innerText()).split(/\s+/).length;

  const distance = await transcript().evaluate(
    (view) =>
      new Promise<number>((done) => {
        const until = performance.now() + 2_000;
        let furthest = 0;
        const look = () => {
          furthest = Math.max(furthest, Math.abs(view.scrollTop));
          if (performance.now() < until) requestAnimationFrame(look);
          else done(furthest);
        };
        look();
      }),
  );
  expect(distance).toBeLessThan(2);

  const { astray } = await scrollUp(500);
  expect(astray).toBeLessThan(2);
  await button('Scroll to bottom').waitFor();
  const top = () => growing.evaluate((it) => it.getBoundingClientRect().top);
  const [place, said] = [await top(), await words()];
  await until('it goes on', async () => (await words()) > said + 60);
  expect(Math.abs((await top()) - place)).toBeLessThan(2);

  await button('Scroll to bottom').tap();
  expect(await fromEnd()).toBeLessThan(2);
  await until('the agent is done', async () => (await growing.getAttribute('aria-busy')) === 'false');
  expect(await fromEnd()).toBeLessThan(2);

  // Who sends something wants to see it, wherever they were.
  await scrollUp(400);
  await phone.page.getByRole('textbox', { name: 'Message' }).fill('say: After that.');
  await button('Send').tap();
  await until('what was sent is in sight', async () => (await fromEnd()) < 2);
  await expectSeen(answers().filter({ hasText: 'After that.' }));
});

test('revert to a prompt takes it and its files back, and can be undone', async () => {
  const session = await newChat('write one.md: one\nsay: The first is there.');
  await sayAndWait(session.id, 'write two.md: two\nsay: The second is there.');
  const file = join(session.directory, 'two.md');
  expect(existsSync(file)).toBe(true);
  await visit(phone.page, `/chat/${session.id}`);
  await answers().filter({ hasText: 'The second is there.' }).waitFor();

  // By the keyboard.
  await mine().nth(1).getByRole('button', { name: 'Message actions' }).focus();
  await phone.page.keyboard.press('Enter');
  const action = phone.page.getByRole('menuitem', { name: /Revert to before this prompt/ });
  await action.waitFor();
  expect(await action.innerText()).toContain('two.md');
  await picture(phone.page, 'message-actions');
  await action.tap();
  await phone.page.getByTestId('reverted').waitFor();
  await until('the prompt is gone', async () => (await mine().count()) === 1);
  expect(await answers().filter({ hasText: 'The second is there.' }).count()).toBe(0);
  await until('the file is gone', () => !existsSync(file));
  expect(await box().inputValue()).toContain('write two.md: two');
  await picture(phone.page, 'reverted');

  await button('Undo').tap();
  await answers().filter({ hasText: 'The second is there.' }).waitFor();
  await until('the file is back', () => existsSync(file));
  await phone.page.getByTestId('reverted').waitFor({ state: 'detached' });

  // By a long press, after the first answer this time; the next prompt makes it final.
  await longPress(answers().filter({ hasText: 'The first is there.' }).getByText('The first is there.'));
  await phone.page.getByRole('menuitem', { name: /^Revert to here/ }).tap();
  await phone.page.getByTestId('reverted').waitFor();
  await sayAndWait(session.id, 'say: Another way.');
  await phone.page.getByTestId('reverted').waitFor({ state: 'detached' });
  await answers().filter({ hasText: 'Another way.' }).waitFor();
  expect(await mine().count()).toBe(2);
  expect(existsSync(file)).toBe(false);
});

test('a fork has what was said up to the message, and says that it shares the folder', async () => {
  const session = await newChat('say: The first.');
  await sayAndWait(session.id, 'say: The second.');
  await visit(phone.page, `/chat/${session.id}`);
  await answers().filter({ hasText: 'The second.' }).waitFor();
  await longPress(answers().first().getByText('The first.'));
  await phone.page.getByRole('menuitem', { name: /^Fork from here/ }).tap();
  await until('the fork is shown', () => !phone.page.url().includes(session.id));
  await answers().filter({ hasText: 'The first.' }).waitFor();
  expect(await mine().count()).toBe(1);
  expect(await phone.page.getByTestId('shared-copy').innerText()).toContain('same folder');
  await picture(phone.page, 'fork');
});

test('what is still to do is pinned, and a failure says what can be done about it', async () => {
  const session = await newChat('todo: plan; build; test\nsay: I have a plan.');
  await visit(phone.page, `/chat/${session.id}`);
  const todos = phone.page.getByTestId('pinned-todos');
  await todos.waitFor();
  expect(await todos.innerText()).toMatch(/0\/3 plan/);
  await todos.getByRole('button').tap();
  expect(await todos.innerText()).toContain('[ ] test');

  await sayAndWait(session.id, 'fail 401');
  const failure = phone.page.getByTestId('answer-error');
  await failure.waitFor();
  expect(await failure.innerText()).toMatch(/does not accept the key/);
  expect(await failure.getByRole('link', { name: 'Providers' }).getAttribute('href')).toBe(
    '/settings/providers',
  );
  await picture(phone.page, 'answer-failed');
});

async function expectSeen(element: Locator): Promise<void> {
  const bounds = await element.boundingBox();
  const height = phone.page.viewportSize()?.height ?? 0;
  expect(bounds && bounds.y < height && bounds.y + bounds.height > 0).toBe(true);
}

/** A finger that stays where it is. */
async function longPress(element: Locator): Promise<void> {
  const bounds = await element.boundingBox();
  if (!bounds) throw new Error('nothing to press');
  const touch = await phone.context.newCDPSession(phone.page);
  const touchPoints = [{ x: bounds.x + 20, y: bounds.y + bounds.height / 2 }];
  await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints });
  await phone.page.getByRole('menu').waitFor();
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await touch.detach();
}
