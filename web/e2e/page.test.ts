// The journey of somebody with a phone: log in, pick a repository, type a task, answer, stop, reload, read the
// diff, delete. One stack and one browser; each step goes on where the one before ended.
import type { Browser, Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone, type Phone, picture, reload, visit } from './browser';
import { Stack, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

const button = (name: string | RegExp) => phone.page.getByRole('button', { name });
const box = () => phone.page.getByRole('textbox', { name: 'Message' });
const lastAnswer = () => phone.page.getByRole('article', { name: 'Agent' }).last();
const chatId = () => /ses_\w+/.exec(phone.page.url())?.[0] ?? '';

async function newChat(repository: string, prompt: string): Promise<void> {
  await visit(phone.page, `/new?repo=${encodeURIComponent(repository)}`);
  await box().fill(prompt);
  await button('Send').tap();
  await phone.page.waitForURL(/\/chat\/ses_/);
}

/** Sends a prompt, and waits until it is part of the conversation: opencode has it. */
async function say(prompt: string): Promise<void> {
  const mine = phone.page.getByRole('article', { name: 'You' });
  const before = await mine.count();
  await box().fill(prompt);
  await button('Send').tap();
  await until('the prompt was delivered', async () => (await mine.count()) > before);
}

/** Nothing waits and nothing runs, and the page says so. */
async function idle(): Promise<void> {
  interface Status {
    chats: { id: string; state: string; prompts: unknown[] }[];
  }
  await until('the chat rests', async () => {
    const { body } = await stack.json<Status>(cookie, 'GET', '/admin/status');
    const chat = body.chats.find(({ id }) => id === chatId());
    return chat?.prompts.length === 0 && ['done', 'unread', 'failed'].includes(chat.state);
  });
  await button('Send').waitFor();
}

/** The text of the last answer as opencode stores it. */
async function stored(): Promise<string> {
  interface Message {
    info: { role: string; time: { completed?: number } };
    parts: { type: string; text?: string }[];
  }
  return until('the answer is stored', async () => {
    const { body } = await stack.json<Message[]>(cookie, 'GET', `/session/${chatId()}/message`);
    const last = body.filter((message) => message.info.role === 'assistant').at(-1);
    return (
      last?.info.time.completed !== undefined &&
      last.parts
        .filter((part) => part.type === 'text')
        .map((part) => part.text)
        .join('\n')
    );
  });
}

const words = (text: string) => text.split(/\s+/).filter(Boolean);
const numbered = (text: string) => words(text).filter((word) => /^[a-z]+\d+[.,]?$/.test(word));

async function sameAsStored(): Promise<void> {
  const expected = numbered(await stored());
  const shown = lastAnswer();
  await until(
    'the page shows what is stored',
    async () => JSON.stringify(numbered(await shown.innerText())) === JSON.stringify(expected),
  ).catch(async (error: unknown) => {
    expect(numbered(await shown.innerText())).toEqual(expected);
    throw error;
  });
}

test('the login works without JavaScript and says when the password is wrong', async () => {
  const context = await browser.newContext({
    baseURL: stack.url,
    javaScriptEnabled: false,
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  await visit(page, '/chat/ses_somewhere');
  await page.getByLabel('password').fill('wrong');
  await page.getByRole('button').click();
  expect(await page.locator('.error').innerText()).toMatch(/password/i);
  await page.getByLabel('password').fill(stack.password);
  await page.getByRole('button').click();
  await page.waitForURL('**/chat/ses_somewhere');
  await context.close();
});

test("log in: GitHub's failure is said, and never looks like an empty list", async () => {
  await stack.control('faults', 'POST', { part: 'api', status: 500, times: 20 });
  await visit(phone.page, '/');
  await picture(phone.page, 'login');
  await phone.page.getByLabel('password').fill(stack.password);
  await button('log in').tap();
  await phone.page.waitForURL('**/repos');
  await phone.page.getByText(/^Demo:/).waitFor();
  await phone.page
    .getByRole('alert')
    .filter({ hasText: /GitHub/ })
    .waitFor();
  await picture(phone.page, 'repositories-failed');
});

test('whatever GitHub answers is said in words of its own (fault 16)', async () => {
  for (const [status, words] of [
    [401, /does not take GITHUB_TOKEN .*Set a new one/],
    [403, /refuses .*\(403\).*GITHUB_TOKEN/],
    [404, /\(404\)/],
    [429, /too many requests/],
    [503, /GitHub failed .*Try again/],
  ] as const) {
    await stack.control('faults', 'DELETE');
    // Else nobody would be asked for a minute.
    const patience = status === 429 ? { retry_after: 0 } : {};
    await stack.control('faults', 'POST', { part: 'api', status, times: 20, ...patience });
    await button('Retry').tap();
    await phone.page.getByRole('alert').filter({ hasText: words }).waitFor();
  }
});

test('nothing is cloned yet, so the repositories are shown', async () => {
  await stack.control('faults', 'DELETE');
  await button(/try again|retry/i)
    .first()
    .tap();
  await button(/^demo\/hello-web/).waitFor();
  await picture(phone.page, 'repositories');
});

test('pick a repository that is not cloned, type a task, watch it being done', async () => {
  // Slow enough to be watched.
  await stack.control('rate', 'POST', { repository: 'demo/slow-assets', bytes_per_second: 1_000_000 });
  await phone.page.getByRole('searchbox').fill('slow');
  await button(/^demo\/slow-assets/).tap();
  await box().fill('say 120 words at 60 per second');
  await button('Send').tap();
  await phone.page.waitForURL(/\/chat\/ses_/);
  const preparing = phone.page.getByRole('region', { name: 'Preparing the chat' });
  await preparing
    .getByText(/\d (kB|MB|KiB|MiB)|objects/)
    .first()
    .waitFor();
  await picture(phone.page, 'preparing');
  const answer = lastAnswer();
  const early = await until('words arrive', async () => {
    const shown = numbered(await answer.innerText()).length;
    return shown > 5 && shown;
  });
  expect(early, 'the text came all at once').toBeLessThan(120);
  await idle();
  await sameAsStored();
  expect(numbered(await answer.innerText())).toHaveLength(120);
});

test('tools, reasoning, edits and todo are shown in full', async () => {
  await newChat(
    'demo/hello-web',
    'think 20 words\ntodo: look; write\nread README.md\nwrite notes.md: one\\ntwo\nedit README.md: # => # Hello,\nrun: for n in 1 2 3 4 5 6; do echo line $n; sleep 0.5; done\nsay: It is **done**.',
  );
  const command = phone.page.getByRole('region', { name: /Command for n/ });
  await command.getByText('line 2').waitFor();
  expect(await command.innerText(), 'output came only at the end').not.toContain('line 6');
  await lastAnswer().getByText('It is done.').waitFor();
  for (const name of ['Reasoning', 'Todo list', /Read README/, /Write notes/, /Edit README/]) {
    expect(await phone.page.getByRole('region', { name }).count(), String(name)).toBeGreaterThan(0);
  }
  expect(await phone.page.getByRole('region', { name: 'Reasoning' }).innerText()).toMatch(/[a-z]+20/);
  expect(await command.innerText()).toContain('line 6');
  await idle();
  await picture(phone.page, 'chat');
});

test('a permission is asked for above the composer and given by a tap', async () => {
  await say('run: rm -f notes.md && echo removed');
  await button('Allow once').waitFor();
  for (const each of await phone.page.getByRole('region', { name: 'Permission' }).getByRole('button').all()) {
    expect((await each.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
  await phone.page.getByText('waiting for you').waitFor();
  await picture(phone.page, 'permission');
  await button('Allow once').tap();
  await phone.page
    .getByRole('region', { name: /Command rm/ })
    .getByText('removed')
    .last()
    .waitFor();
  await idle();
  expect(await button('Allow once').count()).toBe(0);
});

test('a rejected permission is said and nothing runs', async () => {
  await say('run: rm -f README.md && echo gone');
  await button('Reject').tap();
  await idle();
  expect(await phone.page.getByRole('region', { name: /Command rm -f README/ }).innerText()).not.toMatch(
    /^gone$/m,
  );
});

test('a question is answered by a tap', async () => {
  await say('ask: Which colour? | red | blue');
  await phone.page.getByRole('radio', { name: 'blue' }).tap();
  await picture(phone.page, 'question');
  await button('Answer').tap();
  await idle();
  expect(await phone.page.getByRole('region', { name: 'Question' }).last().innerText()).toContain('blue');
});

test("a subagent's permission is given in the chat that waits for it", async () => {
  await say('subagent: run: rm -f inner.txt && echo inner');
  await phone.page.getByRole('region', { name: 'Permission' }).getByText('rm -f inner.txt').waitFor();
  await button('Allow once').tap();
  await idle();
});

test('stop stops', async () => {
  await say('stall');
  await button('Stop').tap();
  await idle();
});

test('what a stopped run asked waits no more, not even for a page that is opened anew', async () => {
  await say('ask: Never mind? | yes | no');
  await phone.page.getByRole('radio', { name: 'yes' }).waitFor();
  await button('Stop').tap();
  await idle();
  expect(await phone.page.getByRole('radio').count()).toBe(0);
  const { body } = await stack.json<{ directory: string }>(cookie, 'GET', `/admin/chats/${chatId()}`);
  const query = `directory=${encodeURIComponent(body.directory)}`;
  await until('opencode lists no question', async () => {
    return (await stack.json<unknown[]>(cookie, 'GET', `/question?${query}`)).body.length === 0;
  });
});

test('a failure of the model is said in words', async () => {
  await say('fail 400');
  await phone.page
    .getByRole('alert')
    .filter({ hasText: /400|demo|model/i })
    .first()
    .waitFor();
  await idle();
});

test('reload in the middle of an answer: nothing is lost, nothing doubled', async () => {
  await say('say 200 words at 40 per second');
  await until('it streams', async () => numbered(await lastAnswer().innerText()).length > 30);
  await reload(phone.page);
  await idle();
  await sameAsStored();
  expect(numbered(await lastAnswer().innerText())).toHaveLength(200);
});

test('a network cut in the middle of an answer: said, and right again without a reload', async () => {
  await say('say 240 words at 30 per second');
  await until('it streams', async () => numbered(await lastAnswer().innerText()).length > 30);
  await phone.context.setOffline(true);
  await phone.page.getByText(/reconnecting/).waitFor({ timeout: 10_000 });
  await picture(phone.page, 'reconnecting');
  await phone.context.setOffline(false);
  await phone.page.getByText(/reconnecting/).waitFor({ state: 'detached', timeout: 10_000 });
  await idle();
  await sameAsStored();
  expect(numbered(await lastAnswer().innerText())).toHaveLength(240);
});

test('the page opens where it was left, ready to type, without zooming', async () => {
  const before = phone.page.url();
  await visit(phone.page, '/');
  await phone.page.waitForURL(before);
  await box().waitFor();
  await until('the text box has the focus', () =>
    box().evaluate((element) => element === document.activeElement),
  );
  expect(
    await box().evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize)),
  ).toBeGreaterThanOrEqual(16);
  expect(await phone.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
});

test('a draft survives a reload', async () => {
  await box().fill('half a thought');
  await reload(phone.page);
  await until('the draft is back', async () => (await box().inputValue()) === 'half a thought');
  await box().fill('');
});

test('the diff can be read', async () => {
  await button('Chat menu').tap();
  await phone.page.getByRole('menuitem', { name: 'Changes' }).tap();
  await phone.page.waitForURL(/\/diff$/);
  await phone.page.getByText('README.md').first().waitFor();
  await phone.page.getByText('# Hello,').first().waitFor();
  await picture(phone.page, 'diff');
  await phone.page.goBack();
  await box().waitFor();
});

test('every control is large enough for a thumb', async () => {
  const small = await phone.page.getByRole('button').evaluateAll((buttons) =>
    buttons.flatMap((element) => {
      const box = element.getBoundingClientRect();
      if (box.width === 0) return [];
      // What is laid over it can be tapped too, and moves nothing around it.
      const over = getComputedStyle(element, '::after');
      const reaches = over.content !== 'none' && over.position === 'absolute';
      const width = Math.max(box.width, reaches ? Number.parseFloat(over.width) : 0);
      const height = Math.max(box.height, reaches ? Number.parseFloat(over.height) : 0);
      return width < 44 || height < 44
        ? [`${element.ariaLabel ?? element.textContent} ${width}x${height}`]
        : [];
    }),
  );
  expect(small).toEqual([]);
});

test('the list shows every chat, and leads to each', async () => {
  await button('Chats').tap();
  const list: Locator = phone.page.getByRole('complementary', { name: 'Chats and pages' });
  expect(await list.getByRole('link', { name: /words|notes|think/ }).count()).toBeGreaterThanOrEqual(1);
  await until('the list has slid in', async () => ((await list.boundingBox())?.x ?? -1) >= 0);
  await picture(phone.page, 'chats');
  await list.getByRole('link', { name: /say 120 words/ }).tap();
  await until('the other chat is shown', async () => numbered(await lastAnswer().innerText()).length === 120);
});

test('what happens is seen by a second device at once', async () => {
  const other = await openPhone(browser, stack.url);
  await other.context.addCookies(await phone.context.cookies());
  await visit(other.page, new URL(phone.page.url()).pathname);
  await other.page.getByRole('textbox', { name: 'Message' }).waitFor();
  await say('say: seen by both');
  await other.page.getByRole('article', { name: 'Agent' }).getByText('seen by both').waitFor();
  await idle();
  expect(other.complaints).toEqual([]);
  await other.context.close();
});

test('the resources and the devices have their pages', async () => {
  await visit(phone.page, '/resources');
  const main = phone.page.getByRole('main');
  await main.getByText('git-manager').first().waitFor();
  await main
    .getByText(/demo\/slow-assets/)
    .first()
    .waitFor();
  await picture(phone.page, 'resources');
  await visit(phone.page, '/devices');
  await phone.page.getByText(/this/i).first().waitFor();
  await picture(phone.page, 'devices');
});

test("opencode's own page works behind the login, its terminal's WebSocket too", async () => {
  await visit(phone.page, '/');
  await phone.page.waitForURL(/\/chat\/ses_/);
  await button('Chat menu').tap();
  const address = await phone.page.getByRole('menuitem', { name: /own page/ }).getAttribute('href');
  const own = await phone.context.newPage();
  const failed: string[] = [];
  own.on(
    'response',
    (response) => response.status() >= 400 && failed.push(`${response.status()} ${response.url()}`),
  );
  await visit(own, String(address));
  await own.getByText('seen by both').first().waitFor();
  await picture(own, 'opencode');
  expect(failed.filter((line) => line.includes(stack.url))).toEqual([]);

  const directory = Buffer.from(String(address).split('/')[1] ?? '', 'base64url').toString();
  const echoed = await own.evaluate(async (directory) => {
    const query = `directory=${encodeURIComponent(directory)}`;
    const made = await fetch(`/pty?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    const { id } = await made.json();
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/pty/${id}/connect?${query}`);
    return await new Promise<boolean>((done, failed) => {
      let seen = '';
      socket.onopen = () => socket.send('echo answer-$((6*7))\n');
      socket.onerror = () => failed(new Error('the WebSocket failed'));
      socket.onmessage = async (event) => {
        seen += typeof event.data === 'string' ? event.data : await event.data.text();
        if (seen.includes('answer-42')) done(true);
      };
    });
  }, directory);
  expect(echoed).toBe(true);
  await own.close();
});

test('the API document is rendered without the internet', async () => {
  const docs = await phone.context.newPage();
  const elsewhere: string[] = [];
  docs.on('request', (request) => {
    if (!request.url().startsWith(stack.url) && !request.url().startsWith('data:'))
      elsewhere.push(request.url());
  });
  await visit(docs, '/admin/docs');
  await docs.getByText('/admin/repos/clone').first().waitFor();
  expect(elsewhere).toEqual([]);
  await docs.close();
});

test('deleting says first what would be lost, and is undone in one tap', async () => {
  await newChat('demo/hello-web', 'write precious.txt: not committed');
  await phone.page.getByRole('region', { name: /Write precious/ }).waitFor();
  await idle();
  const doomed = chatId();
  await button('Chat menu').tap();
  await phone.page.getByRole('menuitem', { name: 'Delete' }).tap();
  await button('Delete').tap();
  await phone.page
    .getByRole('alert')
    .filter({ hasText: /commit/ })
    .waitFor();
  await picture(phone.page, 'delete');
  expect((await stack.json(cookie, 'GET', `/admin/chats/${doomed}`)).status).toBe(200);
  await button('Delete anyway').tap();
  await phone.page.waitForURL(/\/new/);
  expect((await stack.json(cookie, 'GET', `/admin/chats/${doomed}`)).status).toBe(404);
  const offer = phone.page.getByTestId('just-saved');
  await offer.waitFor();
  await picture(phone.page, 'saved');
  await offer.getByRole('button', { name: 'Undo' }).tap();
  await phone.page.waitForURL(new RegExp(doomed));
  await offer.waitFor({ state: 'detached' });
  const file = await until('it has its working copy again', async () => {
    const address = `/admin/chats/${doomed}/file?path=precious.txt`;
    const answer = await stack.json<{ text: string }>(cookie, 'GET', address);
    return answer.status === 200 && answer;
  });
  expect(file.body.text).toBe('not committed');
});

test('a chat that cannot be made says why', async () => {
  await newChat('demo/broken', 'anything');
  await phone.page.getByRole('alert').first().waitFor();
  await picture(phone.page, 'failed');
  await button(/try again|retry/i).waitFor();
});

test('whatever git meets at GitHub is said in the chat, which can be tried again (fault 16)', async () => {
  const meets = async (fault: Record<string, unknown>) => {
    await stack.control('faults', 'DELETE');
    await stack.control('faults', 'POST', { part: 'git', times: 100, ...fault });
  };
  let isFirst = true;
  for (const [fault, words] of [
    [{ status: 401 }, /does not take GITHUB_TOKEN/],
    [{ status: 403 }, /refuses .*GITHUB_TOKEN/],
    [{ status: 429 }, /too many requests/],
    [{ path_contains: 'git-upload-pack', cut_after_bytes: 200 }, /was cut/],
  ] as const) {
    await meets(fault);
    if (isFirst) await newChat('demo/dotfiles', 'say: at last');
    else await button('Try again').tap();
    isFirst = false;
    await phone.page.getByRole('alert').filter({ hasText: words }).waitFor();
    await button('Try again').waitFor();
  }
  await picture(phone.page, 'clone-failed');
  await stack.control('faults', 'DELETE');
  await button('Try again').tap();
  await lastAnswer().getByText('at last').waitFor();
});

test('a clone that takes too long is cancelled: nothing of it stays, and the task is in the box again', async () => {
  const rate = { repository: 'demo/big-monorepo', bytes_per_second: 30_000 };
  await stack.control('rate', 'POST', rate);
  await visit(phone.page, '/new?repo=demo%2Fbig-monorepo');
  await button('Clone: everything').tap();
  await picture(phone.page, 'clone-choice');
  await phone.page.getByRole('radio', { name: /latest only/ }).tap();
  await box().fill('say: not that slowly');
  await button('Send').tap();
  await phone.page.waitForURL(/\/chat\/ses_/);
  const doomed = chatId();
  const preparing = phone.page.getByRole('region', { name: 'Preparing the chat' });
  await preparing.getByText(/receiving · [\d,]+ of [\d,]+ objects/).waitFor();
  // It would not be done before it is cancelled.
  await stack.control('rate', 'POST', { ...rate, bytes_per_second: 100 });
  await picture(phone.page, 'preparing-slowly');
  const other = await phone.context.newPage();
  await visit(other, '/repos');
  await other.getByTestId('cloning').getByText('cloning latest only').waitFor();
  await picture(other, 'repositories-cloning');
  await other.close();
  await preparing.getByRole('button', { name: 'Cancel' }).tap();
  await phone.page.waitForURL(/\/new\?repo=demo%2Fbig-monorepo/);
  await until('the task is in the box', async () => (await box().inputValue()) === 'say: not that slowly');
  expect((await stack.json(cookie, 'GET', `/admin/chats/${doomed}`)).status).toBe(404);
  const { body } = await stack.json<{ repos: { name: string }[] }>(cookie, 'GET', '/admin/repos');
  expect(body.repos.map(({ name }) => name)).not.toContain('demo/big-monorepo');
  await box().fill('');

  // Where a repository is cloned, what is new comes while a branch is chosen.
  await visit(phone.page, '/new?repo=demo%2Fhello-web');
  const fetched = phone.page.waitForResponse((answer) => answer.url().endsWith('/demo/hello-web/fetch'));
  await button(/^Begin from/).tap();
  expect((await fetched).status()).toBe(200);
});

test('logging out ends it', async () => {
  await visit(phone.page, '/devices');
  await phone.page.getByRole('button', { name: 'Log out', exact: true }).tap();
  await phone.page.waitForURL(/\/auth\/login/);
});
