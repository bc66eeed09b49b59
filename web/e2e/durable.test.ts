// A prompt is delivered once and in order, whatever dies between the phone and opencode.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stack, send, until } from './stack';

let stack: Stack;
let cookie: string;
let count = 0;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  // The clone is there, so that each test is about prompts.
  await stack.json(cookie, 'POST', '/admin/repos/clone', { repo: 'demo/hello-web' });
});
afterAll(() => stack?.remove());

interface Prompt {
  id: string;
  text: string;
  state: string;
}

/** Ids as the page makes them: opencode's own form, in order of time. */
function identifier(prefix: 'msg' | 'ses'): string {
  count += 1;
  const ticks = BigInt(Date.now()) * 4096n + BigInt(count % 4096);
  const time = prefix === 'ses' ? ~ticks : ticks;
  return `${prefix}_${BigInt.asUintN(48, time).toString(16).padStart(12, '0')}${String(count).padStart(14, '0')}`;
}

/** Hands something to the server as a phone does: again and again, until it is answered. */
async function handOver(path: string, body: unknown): Promise<void> {
  await until(`${path} is taken`, async () => {
    const answer = await send(stack.port, path, {
      method: 'POST',
      headers: { cookie, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (answer.status === 202) return true;
    expect([401, 502, 503], answer.text).toContain(answer.status);
    return false;
  });
}

async function newChat(text: string): Promise<{ chat: string; texts: string[] }> {
  const chat = identifier('ses');
  const prompt = { id: identifier('msg'), text };
  await handOver('/admin/chats', { id: chat, repo: 'demo/hello-web', prompt });
  return { chat, texts: [text] };
}

async function say(chat: string, text: string): Promise<string> {
  const id = identifier('msg');
  await handOver(`/admin/chats/${chat}/prompts`, { id, text });
  return id;
}

async function waiting(chat: string): Promise<Prompt[]> {
  const answer = await stack.json<{ prompts?: Prompt[] }>(cookie, 'GET', `/admin/chats/${chat}`);
  if (answer.status !== 200) throw new Error(`the chat is not answered: ${answer.status}`);
  return answer.body.prompts ?? [];
}

/** What the user said in a chat, as opencode has it: one list of texts for each message. */
async function said(chat: string): Promise<string[][]> {
  interface Message {
    info: { role: string };
    parts: { type: string; text?: string; synthetic?: boolean }[];
  }
  const { status, body } = await stack.json<Message[]>(cookie, 'GET', `/session/${chat}/message`);
  if (status !== 200) throw new Error(`the messages are not answered: ${status}`);
  return body
    .filter((message) => message.info.role === 'user')
    .map(({ parts }) =>
      parts.filter((part) => part.type === 'text' && !part.synthetic).map((part) => part.text ?? ''),
    );
}

async function delivered(chat: string, texts: string[]): Promise<void> {
  await until('every prompt was delivered', async () => (await waiting(chat)).length === 0);
  // What is sent twice is appended a little later: so the last run is waited for as well.
  await until('the chat rests', async () => {
    const { body } = await stack.json<{ chats: { id: string; state: string }[] }>(
      cookie,
      'GET',
      '/admin/status',
    );
    return ['unread', 'done', 'interrupted', 'failed'].includes(
      body.chats.find(({ id }) => id === chat)?.state ?? '',
    );
  });
  expect(await said(chat)).toEqual(texts.map((text) => [text]));
}

async function kill(name: string): Promise<void> {
  const pid = await until(`${name} runs`, async () => (await stack.services(cookie)).get(name)?.pid);
  process.kill(pid, 'SIGKILL');
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

/** Where on a prompt's way the process dies. What is waited for is a state; the short pauses only spread the moments. */
const moments: Record<string, (chat: string, attempt: number) => Promise<unknown>> = {
  'as it is handed over': (_, attempt) => pause(attempt * 7),
  'while it waits for the agent': (chat) => until('one waits', async () => (await waiting(chat)).length > 0),
  'as it is delivered': (chat, attempt) =>
    until('the first was delivered', async () => (await said(chat).catch(() => [])).length > 0).then(() =>
      pause(attempt * 60),
    ),
};

for (const name of ['git-manager', 'opencode', 'event-relay', 'auth', 'caddy']) {
  for (const [moment, reached] of Object.entries(moments)) {
    test(`${name} dies ${moment}: each prompt arrives once, in order`, async () => {
      await Promise.all(
        [1, 2].map(async (attempt) => {
          const { chat, texts } = await newChat(`say: first ${name} ${attempt}`);
          const rest = ['say: second', 'say: third'].map((text) => `${text} ${attempt}`);
          const killing = reached(chat, attempt).then(() => (attempt === 1 ? kill(name) : undefined));
          for (const text of rest) await say(chat, text);
          await killing;
          await delivered(chat, [...texts, ...rest]);
        }),
      );
    });
  }
}

test('everything dies at once: the next start delivers what was taken in', async () => {
  const { chat, texts } = await newChat('say 40 words at 20 per second');
  for (const text of ['say: second', 'say: third']) await say(chat, text);
  process.kill(await stack.supervisorPid(), 'SIGKILL');
  await stack.stop('SIGKILL');
  for (const { pid } of await stack.processes()) process.kill(pid, 'SIGKILL');
  await stack.launch();
  await delivered(chat, [...texts, 'say: second', 'say: third']);
});

test('a task is taken in while its clone runs, and can be taken back until it is delivered', async () => {
  const rate = { repository: 'demo/slow-assets', bytes_per_second: 20_000 as number | null };
  await stack.control('rate', 'POST', rate);
  const chat = identifier('ses');
  const first = { id: identifier('msg'), text: 'say: first' };
  await handOver('/admin/chats', { id: chat, repo: 'demo/slow-assets', prompt: first });
  await say(chat, 'say: second');
  const third = await say(chat, 'say: third');
  const { body } = await stack.json<{ state: string }>(cookie, 'GET', `/admin/chats/${chat}`);
  expect(['queued', 'cloning']).toContain(body.state);
  const back = await stack.json<Prompt>(cookie, 'DELETE', `/admin/chats/${chat}/prompts/${third}`);
  expect([back.status, back.body.text]).toEqual([200, 'say: third']);
  await stack.control('rate', 'POST', { ...rate, bytes_per_second: null });
  await delivered(chat, ['say: first', 'say: second']);
  const late = await stack.json<{ type: string }>(
    cookie,
    'DELETE',
    `/admin/chats/${chat}/prompts/${first.id}`,
  );
  expect([late.status, late.body.type]).toEqual([409, 'prompt-delivered']);
});

test('the same prompt handed over again, also long after, changes nothing', async () => {
  const { chat, texts } = await newChat('say: only once');
  const id = identifier('msg');
  const body = { id, text: 'say: and this once' };
  for (let turn = 0; turn < 5; turn += 1) await handOver(`/admin/chats/${chat}/prompts`, body);
  await delivered(chat, [...texts, body.text]);
  await handOver(`/admin/chats/${chat}/prompts`, body);
  await kill('git-manager');
  await handOver(`/admin/chats/${chat}/prompts`, body);
  await delivered(chat, [...texts, body.text]);
});
