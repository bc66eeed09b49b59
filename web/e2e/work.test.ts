// From a task to its diff without a browser: clone, worktree, the real opencode at work, deletion, orphans.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stack, until } from './stack';

interface Chat {
  id: string;
  repo: string;
  state: string;
  branch: string | null;
  directory: string | null;
  prompts: { text: string }[];
  progress: { phase: string; bytes: number; objects: number } | null;
  error: { detail: string } | null;
}
interface Message {
  info: { id: string; role: string; time: { completed?: number } };
  parts: { type: string; text?: string; tool?: string; state?: { status: string; output?: string } }[];
}
interface Refusal {
  type: string;
  reasons: { kind: string; count: number }[];
}

let stack: Stack;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
});
afterAll(() => stack?.remove());

async function newChat(body: Record<string, unknown>): Promise<Chat> {
  const created = await stack.json<Chat>(cookie, 'POST', '/admin/chats', body);
  expect(created.status, JSON.stringify(created.body)).toBe(202);
  return until('the chat is ready', async () => {
    const { body: chat } = await stack.json<Chat>(cookie, 'GET', `/admin/chats/${created.body.id}`);
    if (chat.state === 'failed') throw new Error(`the chat failed: ${JSON.stringify(chat.error)}`);
    return chat.state === 'ready' && chat.prompts.length === 0 && chat;
  });
}

const messages = async (chat: Chat) =>
  (await stack.json<Message[]>(cookie, 'GET', `/session/${chat.id}/message`)).body;

const finished = (chat: Chat, turns = 1) =>
  until('the answer is complete', async () => {
    const all = await messages(chat);
    const answers = all.filter((message) => message.info.role === 'assistant');
    const status = await stack.json<Record<string, unknown>>(
      cookie,
      'GET',
      `/session/status?directory=${encodeURIComponent(String(chat.directory))}`,
    );
    return (
      answers.length >= turns &&
      answers.every((message) => message.info.time.completed) &&
      !status.body[chat.id] &&
      all
    );
  });

test('GitHub is listed over all its pages', async () => {
  const { status, body } = await stack.json<{
    repos: { full_name: string; default_branch: string; private: boolean }[];
  }>(cookie, 'GET', '/admin/repos/github');
  expect(status).toBe(200);
  expect(body.repos.length).toBeGreaterThan(15);
  expect(new Set(body.repos.map((repo) => repo.full_name)).size).toBe(body.repos.length);
  expect(body.repos.map((repo) => repo.full_name)).toContain('demo/hello-web');
});

test('a task runs in a worktree of its own, is delivered once, and its diff can be read', async () => {
  const chat = await newChat({
    repo: 'demo/hello-web',
    prompt: 'write hello.txt: made by the agent\nrun: git branch --show-current && env\nsay: all done',
  });
  expect(chat.branch).toMatch(/^ocweb\//);
  expect(chat.directory).toContain(`demo__hello-web__${chat.id}`);
  const all = await finished(chat, 3);

  expect(all.filter((message) => message.info.role === 'user')).toHaveLength(1);
  const tools = all.flatMap((message) => message.parts.filter((part) => part.type === 'tool'));
  expect(tools.map((part) => part.tool)).toEqual(['write', 'bash']);
  const shell = String(tools[1]?.state?.output);
  expect(shell).toContain(String(chat.branch));
  // The agent's environment holds no secret of ours.
  expect(shell).not.toMatch(/AUTH_|GITHUB_TOKEN/);
  expect(shell).not.toContain(stack.password);
  expect(all.at(-1)?.parts.find((part) => part.type === 'text')?.text).toContain('all done');

  const diff = await stack.json<{ file: string }[]>(
    cookie,
    'GET',
    `/vcs/diff?mode=git&directory=${encodeURIComponent(String(chat.directory))}`,
  );
  expect(JSON.stringify(diff.body)).toContain('hello.txt');
});

test('the agent pushes to its branch and nowhere else, without the token', async () => {
  const push =
    'git commit --quiet --allow-empty -m pushed && git push 2>&1; git push origin HEAD:main 2>&1; git push --delete origin main 2>&1';
  const look = 'env; git config --list --show-origin';
  const chat = await newChat({ repo: 'demo/hello-web' });
  const unasked = `/admin/chats/${chat.id}/permissions`;
  expect((await stack.json(cookie, 'PUT', unasked, { permissions: 'all' })).status).toBe(204);
  await stack.json(cookie, 'POST', `/admin/chats/${chat.id}/prompts`, {
    id: 'msg_1fe8ecdba000y5HHFifRX2pAVm',
    text: `run: ${push}\nrun: ${look}\nsay: done`,
  });
  const all = await finished(chat, 3);
  const tools = all.flatMap((message) => message.parts.filter((part) => part.type === 'tool'));
  const [pushed = '', looked = ''] = tools.map((part) => String(part.state?.output));
  expect(pushed).toMatch(new RegExp(`\\[new branch\\] +\\S+ -> ${chat.branch}\n`));
  expect(pushed).toContain(`remote: ocweb: this chat may only push to ${chat.branch}.`);
  expect(pushed.match(/remote rejected/g)).toHaveLength(2);
  const { body } = await stack.json<{ branches: { name: string }[] }>(
    cookie,
    'GET',
    '/admin/repos/demo/hello-web/branches',
  );
  expect(body.branches.map((branch) => branch.name)).toContain('main');
  expect(looked.toLowerCase()).toContain('.extraheader=authorization: basic ');
  const token = await stack.githubToken();
  expect(token.length).toBeGreaterThan(10);
  for (const secret of [token, stack.password]) {
    expect(looked).not.toContain(secret);
    const found = spawnSync('grep', ['-rlF', '--', secret, join(stack.folder, 'data')], { encoding: 'utf8' });
    expect([found.status, found.stdout]).toEqual([1, '']);
  }
});

/** Those of the files in which one of the secrets stands. Many are read at a time: a machine can have very many. */
async function filesWithAny(secrets: string[], paths: string[]): Promise<string[]> {
  const left = paths.values();
  const found: string[] = [];
  const reader = async () => {
    for (const path of left) {
      // What the agent's programs write beside may have gone.
      const content = await readFile(path).catch(() => '');
      if (secrets.some((secret) => content.includes(secret))) found.push(path);
    }
  };
  await Promise.all(Array.from({ length: 16 }, reader));
  return found;
}

test('wherever the agent looks, it finds no secret', async () => {
  const chat = await newChat({ repo: 'demo/hello-web' });
  const unasked = `/admin/chats/${chat.id}/permissions`;
  expect((await stack.json(cookie, 'PUT', unasked, { permissions: 'all' })).status).toBe(204);
  const directory = String(chat.directory);
  await copyFile(join(import.meta.dirname, 'search.sh'), join(directory, 'search.sh'));
  await stack.say(
    cookie,
    chat.id,
    `run: sh search.sh ${stack.folder} >found.txt 2>/dev/null; wc -l found.txt\nsay: done`,
  );
  await stack.reaches(cookie, chat.id);
  const found = await readFile(join(directory, 'found.txt'), 'utf8');
  const named = (kind: string) =>
    [...found.matchAll(new RegExp(`^${kind} (.+)$`, 'gm'))].map((match) => String(match[1]));
  const services = await stack.services(cookie);
  const pid = (name: string) => String(services.get(name)?.pid);

  // It did look, and what it may see it saw.
  expect(found).toContain('OPENCODE_SERVER_PASSWORD=');
  expect(named('process')).toContain(pid('opencode'));
  expect(named('file')).toContain(join(directory, 'found.txt'));

  const hidden = ['auth', 'event-relay', 'git-manager', 'github-gateway', 'notifier', 'resource-monitor'].map(
    pid,
  );
  hidden.push(String(await stack.supervisorPid()));
  expect(hidden.filter((one) => named('process').includes(one))).toEqual([]);
  const token = await stack.githubToken();
  const made = await stack.json<{ token: string }>(cookie, 'POST', '/auth/tokens', { name: 'a program' });
  const secrets = [token, stack.password, String(made.body.token), cookie.slice(cookie.indexOf('=') + 1)];
  // As git and browsers send it.
  for (const user of ['demo', 'x-access-token', 'git', ''])
    secrets.push(Buffer.from(`${user}:${token}`).toString('base64').replace(/=+$/, ''));
  for (const secret of secrets) expect(secret.length).toBeGreaterThan(10);
  if (process.getuid?.() === 0) {
    // Started as root, the agent is another user, whom the kernel also keeps from files and sockets.
    expect(await readFile(`/proc/${pid('opencode')}/status`, 'utf8')).not.toMatch(/^Uid:\t0/m);
    expect(named('process')).not.toContain(pid('caddy'));
    expect(named('socket')).toEqual(['git-manager', 'resource-monitor']);
    const kept = ['auth/secret', 'notifier/vapid.key'].map((name) => join(stack.folder, 'data/ocweb', name));
    const environment = await readFile(`/proc/${pid('github-gateway')}/environ`, 'utf8');
    const values = [/^OCWEB_GATEWAY_SECRET=(.+)$/m.exec(environment.replaceAll('\0', '\n'))?.[1] ?? ''];
    for (const path of kept) values.push((await readFile(path, 'utf8')).trim());
    for (const value of values) expect(value.length).toBeGreaterThan(20);
    secrets.push(...values);
    expect(await filesWithAny(secrets, named('file'))).toEqual([]);
  }
  expect(secrets.filter((secret) => found.includes(secret))).toEqual([]);
});

test("what the agent asks of git-manager in the person's place opens no other repository", async () => {
  const chat = await newChat({ repo: 'demo/hello-web' });
  const unasked = `/admin/chats/${chat.id}/permissions`;
  expect((await stack.json(cookie, 'PUT', unasked, { permissions: 'all' })).status).toBe(204);
  const other = 'demo/weather-log';
  const ask = (path: string) =>
    `curl -s --unix-socket ${stack.folder}/run/git-manager/socket -H content-type:application/json -d '{"repo":"${other}"}' http://x${path}`;
  await stack.say(cookie, chat.id, `run: ${ask('/admin/repos/clone')}; ${ask('/admin/chats')}\nsay: done`);
  await stack.reaches(cookie, chat.id);
  const tools = (await messages(chat)).flatMap((message) =>
    message.parts.filter((part) => part.type === 'tool'),
  );
  expect(String(tools.at(-1)?.state?.output)).toContain(`nobody has opened ${other} here`);
  const forged = await until('its chat has failed', async () => {
    const { body } = await stack.json<{ chats: Chat[] }>(cookie, 'GET', '/admin/chats');
    return body.chats.find(({ repo, state }) => repo === other && state === 'failed');
  });
  expect(forged.error?.detail).toContain(`nobody has opened ${other} here`);
  expect(existsSync(join(stack.folder, 'data/projects/repos/demo__weather-log'))).toBe(false);
  expect((await stack.json(cookie, 'DELETE', `/admin/chats/${forged.id}?force=true`)).status).toBe(204);
  // The person's own word opens it.
  await newChat({ repo: other });
});

test('what the person allows besides lands from the next push on', async () => {
  const chat = await newChat({ repo: 'demo/hello-web' });
  expect(
    (await stack.json(cookie, 'PUT', `/admin/chats/${chat.id}/permissions`, { permissions: 'all' })).status,
  ).toBe(204);
  const rules = '/admin/push-rules/demo/hello-web';
  expect((await stack.json(cookie, 'GET', rules)).body).toEqual({ branches: [], tags: false });
  const push =
    'git commit --quiet --allow-empty -m allowed; git tag of-a-chat; git push origin HEAD:main of-a-chat 2>&1';
  const pushes = async () => {
    await stack.say(cookie, chat.id, `run: ${push}\nsay: done`);
    await stack.reaches(cookie, chat.id);
    const tools = (await messages(chat)).flatMap((message) =>
      message.parts.filter((part) => part.type === 'tool'),
    );
    return String(tools.at(-1)?.state?.output);
  };
  expect(await pushes()).toContain(`remote: ocweb: this chat may only push to ${chat.branch}.`);
  expect((await stack.json(cookie, 'PUT', rules, { branches: ['main'], tags: true })).status).toBe(204);
  const landed = await pushes();
  expect(landed).toMatch(/HEAD -> main\n/);
  expect(landed).toMatch(/\[new tag\] +of-a-chat -> of-a-chat/);
  expect((await stack.json(cookie, 'PUT', rules, { branches: [], tags: false })).status).toBe(204);
});

test("opencode's own process has no secret of ours in its environment", async () => {
  const { readFile } = await import('node:fs/promises');
  const pid = (await stack.services(cookie)).get('opencode')?.pid;
  const names = (await readFile(`/proc/${pid}/environ`, 'utf8'))
    .split('\0')
    .map((line) => line.split('=')[0]);
  expect(names).toContain('PATH');
  expect(names.filter((name) => name?.startsWith('AUTH_') || name === 'GITHUB_TOKEN')).toEqual([]);
});

test('what would be lost is said before a worktree is deleted, and comes back', async () => {
  const chat = await newChat({ repo: 'demo/hello-web', prompt: 'write lost.txt: not committed' });
  await finished(chat, 2);
  const refused = await stack.json<Refusal>(cookie, 'DELETE', `/admin/worktrees/demo/hello-web/${chat.id}`);
  expect([refused.status, refused.body.type]).toEqual([409, 'deletion-refused']);
  expect(refused.body.reasons).toMatchObject([{ kind: 'uncommitted-changes', count: 1 }]);
  const collected = await stack.json<{ refused: { reason: string }[] }>(cookie, 'POST', '/admin/gc', {});
  expect(collected.status).toBe(200);
  expect((await stack.json<Chat>(cookie, 'GET', `/admin/chats/${chat.id}`)).body.state).toBe('ready');
  const anyway = `/admin/chats/${chat.id}?accept=uncommitted-changes:1`;
  const deleted = await stack.json<{ saved: { id: string }[] }>(cookie, 'DELETE', anyway);
  expect([deleted.status, deleted.body.saved.length]).toEqual([200, 1]);
  const { body } = await stack.json<{ worktrees: { session_id: string }[] }>(
    cookie,
    'GET',
    '/admin/worktrees',
  );
  expect(body.worktrees.map((worktree) => worktree.session_id)).not.toContain(chat.id);
  expect((await stack.json(cookie, 'GET', `/session/${chat.id}`)).status).toBe(404);
  const restore = `/admin/saved/${deleted.body.saved[0]?.id}/restore`;
  expect((await stack.json(cookie, 'POST', restore, {})).status).toBe(200);
  await until('the chat is ready again', async () => {
    const { status, body } = await stack.json<Chat>(cookie, 'GET', `/admin/chats/${chat.id}`);
    return status === 200 && body.state === 'ready';
  });
  const file = await stack.json<{ text: string }>(
    cookie,
    'GET',
    `/admin/chats/${chat.id}/file?path=lost.txt`,
  );
  expect(file.body.text).toBe('not committed');
  expect((await stack.json(cookie, 'GET', `/session/${chat.id}`)).status).toBe(200);
});

test('a worktree is not deleted under its running chat: first it is stopped (fault 20)', async () => {
  const chat = await newChat({ repo: 'demo/hello-web', prompt: 'run: sleep 984' });
  const sleeps = async () =>
    (await stack.processes()).some((process) => process.command.startsWith('sleep 984'));
  await until('it runs', sleeps);
  const worktree = `/admin/worktrees/demo/hello-web/${chat.id}`;
  const refused = await stack.json<Refusal>(cookie, 'DELETE', worktree);
  expect(refused.status).toBe(409);
  expect(refused.body.reasons.map(({ kind }) => kind)).toContain('chat-running');
  expect(await sleeps()).toBe(true);
  const accepted = refused.body.reasons.map(({ kind, count }) => `${kind}:${count}`).join();
  expect((await stack.json(cookie, 'DELETE', `${worktree}?accept=${accepted}`)).status).toBe(204);
  expect(existsSync(String(chat.directory))).toBe(false);
  await until('the agent was stopped', async () => !(await sleeps()));
  await stack.reaches(cookie, chat.id, ['unread', 'done', 'failed', 'interrupted']);
  expect((await stack.json(cookie, 'DELETE', `/admin/chats/${chat.id}?force=true`)).status).toBe(204);
});

test('a worktree removed in a terminal under its running chat is said, and nothing hangs (fault 20)', async () => {
  const gone = join(stack.folder, 'gone');
  const prompt = `run: until [ -e ${gone} ]; do sleep 0.1; done\nrun: pwd\nsay: done`;
  const chat = await newChat({ repo: 'demo/hello-web' });
  await stack.json(cookie, 'PUT', `/admin/chats/${chat.id}/permissions`, { permissions: 'all' });
  await stack.say(cookie, chat.id, prompt);
  await until('it runs', async () => (await stack.processes()).some(({ command }) => command.includes(gone)));
  await rm(String(chat.directory), { recursive: true });
  await writeFile(gone, '');
  // The agent is told with its next command, and answers.
  await stack.reaches(cookie, chat.id);
  const tools = (await messages(chat)).flatMap(({ parts }) => parts.filter(({ type }) => type === 'tool'));
  expect(tools.map(({ state }) => state?.status)).toEqual(['completed', 'error']);
  const left = await stack.json<Chat>(cookie, 'GET', `/admin/chats/${chat.id}`);
  expect([left.status, left.body.directory]).toEqual([200, null]);
  const stat = await stack.json<{ detail: string }>(cookie, 'GET', `/admin/chats/${chat.id}/git`);
  expect([stat.status, stat.body.detail]).toEqual([404, expect.stringContaining('is gone')]);
  // The person hears it with the next prompt.
  await stack.say(cookie, chat.id, 'say: on');
  const view = await until('it is said', async () => {
    const told = await stack.view(cookie, chat.id);
    return told?.state === 'failed' && told;
  });
  expect(view.error?.detail).toBe(
    'The working copy of this chat was deleted, so nothing can run in it. Begin a new chat.',
  );
  expect((await stack.json(cookie, 'DELETE', `/admin/chats/${chat.id}?force=true`)).status).toBe(204);
});

test('a chat that runs is not deleted', async () => {
  const chat = await newChat({ repo: 'demo/hello-web', prompt: 'stall' });
  await until('it runs', async () => {
    const status = await stack.json<Record<string, unknown>>(
      cookie,
      'GET',
      `/session/status?directory=${encodeURIComponent(String(chat.directory))}`,
    );
    return Boolean(status.body[chat.id]);
  });
  const refused = await stack.json<Refusal>(cookie, 'DELETE', `/admin/chats/${chat.id}`);
  expect(refused.status).toBe(409);
  expect(refused.body.reasons).toMatchObject([{ kind: 'chat-running', count: 1 }]);
  const anyway = `/admin/chats/${chat.id}?accept=chat-running:1`;
  expect((await stack.json(cookie, 'DELETE', anyway)).status).toBe(204);
});

test('eight chats at once on one repository that is not cloned yet', async () => {
  const chats = await Promise.all(
    Array.from({ length: 8 }, (_, n) => newChat({ repo: 'demo/data__pipeline.v2', title: `task ${n}` })),
  );
  expect(new Set(chats.map((chat) => chat.branch)).size).toBe(8);
  expect(new Set(chats.map((chat) => chat.directory)).size).toBe(8);
});

test('a repository that does not exist is said in words', async () => {
  const created = await stack.json<Chat>(cookie, 'POST', '/admin/chats', {
    repo: 'demo/no-such-thing',
    prompt: 'x',
  });
  const failed = await until('it fails', async () => {
    const { body } = await stack.json<Chat>(cookie, 'GET', `/admin/chats/${created.body.id}`);
    return body.state === 'failed' && body;
  });
  expect(failed.error?.detail).toMatch(/demo\/no-such-thing/);
  expect(failed.prompts.map(({ text }) => text)).toEqual(['x']);
});

test('a process that outlives its agent is listed with its chat, and killed', async () => {
  const chat = await newChat({
    repo: 'demo/hello-web',
    prompt: 'run: setsid sleep 987 >/dev/null 2>&1 < /dev/null & echo started',
  });
  await finished(chat, 2);
  interface Orphan {
    pid: number;
    start_time: number;
    command: string;
    session_id: string | null;
  }
  const orphan = await until('it is listed', async () => {
    const { body } = await stack.json<{ processes: Orphan[] }>(cookie, 'GET', '/admin/processes');
    return body.processes.find((process) => process.command.includes('sleep 987'));
  });
  expect(orphan.session_id).toBe(chat.id);
  expect(
    (
      await stack.json(cookie, 'POST', `/admin/processes/${orphan.pid}/kill`, {
        start_time: orphan.start_time + 1,
      })
    ).status,
  ).toBe(409);
  expect(
    (
      await stack.json(cookie, 'POST', `/admin/processes/${orphan.pid}/kill`, {
        start_time: orphan.start_time,
      })
    ).status,
  ).toBe(200);
  const { body } = await stack.json<{ processes: Orphan[] }>(cookie, 'GET', '/admin/processes');
  expect(body.processes.map((process) => process.pid)).not.toContain(orphan.pid);
});

test('disk is measured by what fills it', async () => {
  const { status, body } = await stack.json<{
    volume: { total_bytes: number };
    repos: { name: string; size_bytes: number }[];
    worktrees: { size_bytes: number }[];
    opencode: { size_bytes: number };
  }>(cookie, 'GET', '/admin/disk');
  expect(status).toBe(200);
  expect(body.volume.total_bytes).toBeGreaterThan(0);
  expect(body.repos.find((repo) => repo.name === 'demo/hello-web')?.size_bytes).toBeGreaterThan(0);
  expect(body.worktrees.length).toBeGreaterThan(0);
  expect(body.opencode.size_bytes).toBeGreaterThan(0);
});
