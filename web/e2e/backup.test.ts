// A backup that is made while agents work brings everything back on an empty machine: the chats open with all that was said,
// their files are there, and they go on.
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser, openPhone } from './browser';
import { builds, Stack, type StackOptions, until } from './stack';

const run = promisify(execFile);
const options: StackOptions & { environment: Record<string, string> } = { environment: {} };
let stack: Stack;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start(options);
  cookie = await stack.login();
});
afterAll(async () => {
  await stack?.remove();
});

/** The `ocweb` command on a volume; what it says in JSON, or why it failed. */
async function ocweb(
  data: string,
  ...args: string[]
): Promise<{ code: number; out: Record<string, unknown>; error: string }> {
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: stack.folder,
    ...builds,
    ...options.environment,
    OCWEB_DATA: data,
  };
  const program = join(builds.OCWEB_BIN_DIR, 'ocweb');
  return run(program, [...args, '--json'], { env })
    .then(({ stdout }) => ({ code: 0, out: JSON.parse(stdout), error: '' }))
    .catch(({ code, stderr }) => ({ code, out: {}, error: String(stderr) }));
}

/** opencode adds the summary in its own time, after the answer. */
const said = async (chat: string) => {
  const path = `/session/${chat}/message`;
  const { body } = await stack.json<{ info: object; parts: unknown[] }[]>(cookie, 'GET', path);
  return body.map(({ info, parts }) => ({ info: { ...info, summary: undefined }, parts }));
};
const git = async (directory: string, ...args: string[]) =>
  (await run('git', ['-c', 'safe.directory=*', '-C', directory, ...args])).stdout.trim();

test('all of it comes back on an empty machine, and goes on', async () => {
  const data = join(stack.folder, 'data');
  const pushed = await stack.begin(cookie, 'run: echo one > one && git add one && git commit -qm one');
  const changed = await stack.begin(
    cookie,
    'run: echo two > two && git add two && git commit -qm two && echo three > three',
  );
  await stack.reaches(cookie, pushed);
  await stack.reaches(cookie, changed);
  const push = await stack.json(cookie, 'POST', `/admin/chats/${pushed}/push`, {});
  expect(push.status, JSON.stringify(push.body)).toBe(200);
  const before = { pushed: await said(pushed), changed: await said(changed) };
  const folder = String((await stack.view(cookie, changed))?.directory);
  const head = await git(folder, 'rev-parse', 'HEAD');
  // One conversation as a file, by the command: a chat of its own, which says the same.
  const exported = await ocweb(data, 'export', pushed);
  const file = join(stack.folder, 'chat.json');
  await writeFile(file, JSON.stringify(exported.out));
  const imported = await ocweb(data, 'import', file, '--repo', 'demo/hello-web');
  expect(imported, imported.error).toMatchObject({ code: 0, out: { state: 'ready' } });
  const copy = String(imported.out.id);
  expect((await said(copy)).length).toBe(before.pushed.length);
  expect((await stack.json(cookie, 'DELETE', `/admin/chats/${copy}`)).status).toBe(204);

  // One agent is at work while the backup is made.
  const busy = await stack.begin(cookie, 'run: until [ -e go-on ]; do sleep 0.1; done');
  await until('its command runs', async () => (await said(busy)).length > 1);

  const backups = join(stack.folder, 'backups');
  const made = await ocweb(data, 'backup', '--to', backups);
  expect(made, made.error).toMatchObject({ code: 0, out: { chats: 3, clones: 1, not_held: [] } });
  const [backup = ''] = await readdir(backups);
  const whole = join(backups, backup);
  for (const file of await readdir(whole)) expect((await stat(join(whole, file))).mode & 0o777).toBe(0o600);
  expect((await ocweb(data, 'restore', whole)).error).toContain('Stop it first');
  await stack.stop();

  // A machine of its own, with nothing of the old one but the backup.
  await rm(data, { recursive: true });
  const elsewhere = join(stack.folder, 'elsewhere');
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'somebodys'), '');
  expect((await ocweb(elsewhere, 'restore', whole)).error).toContain('is not empty');
  await rm(join(elsewhere, 'somebodys'));
  const restored = await ocweb(elsewhere, 'restore', whole);
  expect(restored, restored.error).toMatchObject({ code: 0, out: { chats: 3 } });
  options.environment.OCWEB_DATA = elsewhere;
  await stack.launch();

  // The login holds, too: the phone does not even notice.
  const ready = async (chat: string) =>
    until('the chat is whole', async () => {
      const { body } = await stack.json<{ state: string; directory: string }>(
        cookie,
        'GET',
        `/admin/chats/${chat}`,
      );
      if (body.state === 'failed') throw new Error(JSON.stringify(body));
      return body.state === 'ready' && body.directory;
    });
  const directory = await ready(changed);
  expect(directory.startsWith(elsewhere)).toBe(true);
  await Promise.all([pushed, busy].map(ready));
  expect(await said(pushed)).toEqual(before.pushed);
  expect(await said(changed)).toEqual(before.changed);
  expect(await git(directory, 'rev-parse', 'HEAD')).toBe(head);
  expect(await readFile(join(directory, 'three'), 'utf8')).toBe('three\n');
  expect(await git(directory, 'status', '--porcelain')).toBe('?? three');

  const browser = await openBrowser();
  try {
    const { page, context } = await openPhone(browser, stack.url);
    const [name = '', value = ''] = cookie.split('=');
    await context.addCookies([{ name, value, url: stack.url }]);
    await page.goto(`${stack.url}/chat/${changed}`);
    await page.getByText('echo three > three').first().waitFor();
    await page.getByLabel('Message', { exact: true }).fill('run: cat two three > four');
    await page.getByRole('button', { name: 'Send', exact: true }).tap();
    await until(
      'the agent works where it worked',
      async () => (await readFile(join(directory, 'four'), 'utf8')) === 'two\nthree\n',
    );
  } finally {
    await browser.close();
  }
  await stack.reaches(cookie, changed);

  // What is cut off is refused before anything is touched.
  await truncate(join(whole, 'opencode.db.gz'), 1000);
  const refused = await ocweb(join(stack.folder, 'third'), 'restore', whole);
  expect(refused.code).toBe(1);
  expect(refused.error).toMatch(/is damaged: opencode\.db\.gz has 1000 bytes of \d+/);
}, 400_000);
