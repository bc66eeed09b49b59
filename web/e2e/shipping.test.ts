// From an agent's changes to a pushed branch and on to a pull request, with a thumb.
// One stack and one chat; each step goes on where the one before ended.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { GitStat } from '../src/shared/api/git';
import { openBrowser, openPhone, type Phone, picture, visit } from './browser';
import { Stack, send, until } from './stack';

let stack: Stack;
let browser: Browser;
let phone: Phone;
let cookie: string;
let chat: string;
const repo = 'demo/hello-web';

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  phone = await openPhone(browser, stack.url, { cookie });
  chat = await stack.begin(cookie, 'write notes.md: one\\ntwo\nsay: done');
  await stack.reaches(cookie, chat);
});
afterAll(async () => {
  await browser?.close();
  await stack?.remove();
});
afterEach(() => expect(phone.complaints).toEqual([]));

const button = (name: string | RegExp) => phone.page.getByRole('button', { name });
const next = () => phone.page.getByTestId('shipping');
const stat = async () => (await stack.json<GitStat>(cookie, 'GET', `/admin/chats/${chat}/git`)).body;

test('what was read is committed with the message that the model proposes', async () => {
  await visit(phone.page, `/chat/${chat}/diff`);
  await next().getByText('1 file not committed').waitFor();
  await picture(phone.page, 'shipping-changes');
  await button('Commit…').tap();
  const message = phone.page.getByRole('textbox', { name: 'Message of the commit' });
  await until('a message is proposed', async () =>
    (await message.inputValue()).startsWith('Change notes.md'),
  );
  await picture(phone.page, 'shipping-commit');
  // What was asked of the model is nobody's chat.
  const { body } = await stack.json<{ chats: { id: string }[] }>(cookie, 'GET', '/admin/status');
  expect(body.chats.map(({ id }) => id)).toEqual([chat]);
  await button('Commit 1 file').tap();
  await next().getByText('1 commit not pushed').waitFor();
  expect((await stat()).uncommitted_files).toBe(0);
});

test('one tap pushes it', async () => {
  await picture(phone.page, 'shipping-push');
  await next().getByRole('button', { name: 'Push' }).tap();
  await next().getByText('all pushed').waitFor();
  await picture(phone.page, 'shipping-pushed');
  const { head, remote } = await stat();
  expect(remote?.commit).toBe(head);
});

/** Somebody else has a file of theirs merged into main. */
async function merge(path: string, content: string): Promise<void> {
  const fork = { kind: 'fork', repository: repo, author: 'ada', title: path, body: '', path, content };
  const { status, text } = await stack.control('github', 'POST', fork);
  expect(status, text).toBe(200);
  const { number } = JSON.parse(text) as { number: number };
  const merged = await send(stack.demoPort, `/api/repos/${repo}/pulls/${number}/merge`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${await stack.githubToken()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ merge_method: 'squash' }),
  });
  expect(merged.status, merged.text).toBe(200);
}

test('a rebase with a conflict is handed to the agent', async () => {
  await merge('notes.md', 'theirs\n');
  await button('Update…').tap();
  await picture(phone.page, 'shipping-update');
  await button(/^Rebase onto main/).tap();
  const middle = phone.page.getByRole('dialog', { name: 'In the middle of a rebase' });
  await middle.getByRole('link', { name: 'notes.md' }).waitFor();
  await picture(phone.page, 'shipping-conflict');
  await middle.getByRole('button', { name: 'Hand it to the agent' }).tap();
  const said = phone.page.getByRole('article', { name: 'You' }).last();
  await said.getByText('git rebase --continue').waitFor();
  await until('it was taken', async () => (await stack.view(cookie, chat))?.prompts.length === 0);
  await stack.reaches(cookie, chat);
  // The demo's model does what it is told word by word.
  await stack.say(
    cookie,
    chat,
    'run: echo both > notes.md && git add notes.md && git -c core.editor=true rebase --continue\nsay: done',
  );
  await stack.reaches(cookie, chat);
  expect((await stat()).operation).toBe(null);
});

test('what was rebased replaces what it was made of at GitHub, whatever files are left', async () => {
  await visit(phone.page, `/chat/${chat}/diff`);
  // The demo's model made a note of what it was told, which is not committed.
  await next()
    .getByText(/not committed, differs from GitHub$/)
    .waitFor();
  await next().getByRole('button', { name: 'Sync…' }).tap();
  await picture(phone.page, 'shipping-diverged');
  await button('Replace it').tap();
  await next()
    .getByText(/not committed, all pushed$/)
    .waitFor();
  await next().getByRole('button', { name: 'Open pull request' }).waitFor();
  await picture(phone.page, 'shipping-replaced');
  const { head, remote, ahead, behind } = await stat();
  expect({ ahead, behind, commit: remote?.commit }).toEqual({ ahead: 1, behind: 0, commit: head });
});
