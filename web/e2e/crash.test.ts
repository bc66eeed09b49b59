// opencode dies, again and again, and its disk is full: what was cut off is said, what was streamed is kept.
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepsBar } from './bars';
import { rounds } from './rounds';
import { Stack, send, until } from './stack';

const run = promisify(execFile);
let stack: Stack;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
});
afterAll(() => stack?.remove());

interface View {
  id: string;
  directory: string;
  state: string;
  requests: { id: string }[];
  stale_requests: { id: string; kind: string }[];
  run: { outcome: string | null } | null;
  continued: number;
}

interface Transcript {
  messages: { info: { id: string; role: string }; parts: { id: string; type: string; text?: string }[] }[];
  interrupted: string[];
  kept: string[];
}

async function view(chat: string): Promise<View> {
  const { body } = await stack.json<{ chats: View[] }>(cookie, 'GET', '/admin/status');
  const found = body.chats.find(({ id }) => id === chat);
  if (!found) throw new Error(`${chat} is not known`);
  return found;
}

const inState = (chat: string, ...states: string[]) =>
  until(`the chat is ${states}`, async () => states.includes((await view(chat)).state));

async function chatWith(prompt: string): Promise<string> {
  return stack.begin(cookie, prompt);
}

async function opencode(): Promise<number> {
  return until('opencode runs', async () => {
    const service = (await stack.services(cookie)).get('opencode');
    return service?.state === 'running' && service.pid;
  });
}

const transcript = async (chat: string) =>
  (await stack.json<Transcript>(cookie, 'GET', `/admin/transcripts/${chat}`)).body;

/** The text of the last answer so far. */
async function answer(chat: string): Promise<string> {
  const { messages } = await transcript(chat);
  const last = messages.filter(({ info }) => info.role === 'assistant').at(-1);
  return last?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? '';
}

/** Kills opencode; answers how long after its return `condition` held, in milliseconds. */
async function killed(condition: () => Promise<boolean>): Promise<number> {
  const before = await opencode();
  process.kill(before, 'SIGKILL');
  const back = await until('opencode is back', async () => {
    const pid = (await stack.services(cookie)).get('opencode');
    return pid?.state === 'running' && pid.pid !== before && Date.now();
  });
  await until('it is said', condition);
  return Date.now() - back;
}

test('an answer that is cut off is said to be, what was streamed is kept, and it goes on when asked', async () => {
  const chat = await chatWith('say 400 words at 40 per second');
  const before = await until('words were streamed', async () => {
    const text = await answer(chat);
    return text.split(' ').length > 20 && text;
  });
  const took = await killed(async () => (await view(chat)).state === 'interrupted');
  keepsBar('until it is said to be cut off', took, 5_000);
  const after = await transcript(chat);
  const cutOff = after.messages.at(-1);
  expect(after.interrupted).toEqual([cutOff?.info.id]);
  expect(after.kept).toHaveLength(1);
  const kept = cutOff?.parts.find(({ id }) => id === after.kept[0])?.text ?? '';
  expect(kept.startsWith(before.trim())).toBe(true);
  // opencode itself has forgotten it.
  const stored = await stack.json<Transcript['messages']>(cookie, 'GET', `/session/${chat}/message`);
  expect(JSON.stringify(stored.body)).not.toContain(before.trim().slice(0, 40));

  const id = `msg_${BigInt.asUintN(48, BigInt(Date.now()) * 4096n)
    .toString(16)
    .padStart(12, '0')}AAAAAAAAAAAAAA`;
  await stack.json(cookie, 'POST', `/admin/chats/${chat}/prompts`, { id, text: 'say: went on' });
  await inState(chat, 'unread', 'done');
  expect(await answer(chat)).toBe('went on');
  expect((await transcript(chat)).interrupted).toEqual([cutOff?.info.id]);
});

test('a permission that was asked for goes stale with a restart, and that is said', async () => {
  const chat = await chatWith('ask: Which one? | this | that');
  await inState(chat, 'needs_you');
  const asked = (await view(chat)).requests[0]?.id ?? '';
  const took = await killed(async () => (await view(chat)).state === 'interrupted');
  keepsBar('until it is said to be stale', took, 5_000);
  expect((await view(chat)).stale_requests.map(({ id }) => id)).toEqual([asked]);
  const { body } = await stack.json<{ requests: unknown[] }>(cookie, 'GET', '/admin/inbox');
  expect(body.requests).toEqual([]);
  const late = await stack.json<{ type: string }>(cookie, 'POST', `/admin/inbox/${asked}/answer`, {
    answers: [['this']],
  });
  expect([late.status, late.body.type]).toEqual([404, 'request-gone']);
});

test('when it is wished, what was cut off goes on by itself, and not for ever', async () => {
  expect(
    (await stack.json(cookie, 'PUT', '/admin/events/settings', { continue_by_itself: 1 })).status,
  ).toBeLessThan(300);
  const chat = await chatWith('say 400 words at 20 per second');
  await inState(chat, 'working');
  await killed(async () => (await view(chat)).continued === 1);
  await until('it goes on', async () => ['working', 'unread', 'done'].includes((await view(chat)).state));
  await stack.json(cookie, 'PUT', '/admin/events/settings', { continue_by_itself: 0 });
});

test('relay and opencode die together: the next ones know what was cut off', async () => {
  const chat = await chatWith('say 400 words at 40 per second');
  await until('words were streamed', async () => (await answer(chat)).split(' ').length > 60);
  const relay = (await stack.services(cookie)).get('event-relay')?.pid;
  const engine = await opencode();
  if (!relay) throw new Error('the relay does not run');
  process.kill(relay, 'SIGKILL');
  process.kill(engine, 'SIGKILL');
  await until('both are back', async () => (await send(stack.port, '/admin/health')).status === 200);
  await inState(chat, 'interrupted');
  const { kept } = await transcript(chat);
  expect(kept).toHaveLength(1);
  expect((await answer(chat)).split(' ').length).toBeGreaterThan(20);
});

const kills = rounds(10, 50);

test('opencode is killed again and again under load: 503 meanwhile, soon back, whole, and nothing lies', async () => {
  const chats = await Promise.all([1, 2, 3].map(() => chatWith('say 2000 words at 50 per second')));
  const down: number[] = [];
  for (let turn = 0; turn < kills; turn += 1) {
    const before = await opencode();
    process.kill(before, 'SIGKILL');
    const at = Date.now();
    let refusals = 0;
    await until('opencode answers again', async () => {
      const { status, headers } = await send(stack.port, '/session?limit=1', { headers: { cookie } });
      if (status === 200) return (await stack.services(cookie)).get('opencode')?.pid !== before;
      expect(status).toBe(503);
      expect(headers['retry-after']).toBeTruthy();
      refusals += 1;
      return false;
    });
    down.push(Date.now() - at);
    expect(refusals).toBeGreaterThan(0);
    // Some load for the next time, by whatever chat is free.
    const chat = chats[turn % chats.length] ?? '';
    const id = `msg_${BigInt.asUintN(48, BigInt(Date.now()) * 4096n)
      .toString(16)
      .padStart(12, '0')}BBBBBBBBBBBBBB`;
    await stack.json(cookie, 'POST', `/admin/chats/${chat}/prompts`, {
      id,
      text: 'say 2000 words at 50 per second',
    });
  }
  down.sort((a, b) => a - b);
  process.stderr.write(
    `opencode was away for ${down[down.length >> 1]} ms at the median, ${down.at(-1)} ms at most\n`,
  );
  await opencode();
  const state = join(stack.folder, 'data/opencode-state');
  const databases = (await readdir(state, { recursive: true })).filter((name) => name.endsWith('.db'));
  expect(databases.length).toBeGreaterThan(0);
  for (const name of databases) {
    const check =
      'import sqlite3,sys; print(sqlite3.connect(sys.argv[1]).execute("pragma integrity_check").fetchone()[0])';
    expect((await run('python3', ['-c', check, join(state, name)])).stdout.trim()).toBe('ok');
  }
  // Nothing lies afterwards: who is said to be at work is, and nobody else.
  process.kill(await opencode(), 'SIGKILL');
  await opencode();
  await until('every state is the truth', async () => {
    const truths = await Promise.all(
      chats.map(async (chat) => {
        const { state, directory } = await view(chat);
        const path = `/session/status?directory=${encodeURIComponent(directory)}`;
        const { body } = await stack.json<Record<string, unknown>>(cookie, 'GET', path);
        return (state === 'working') === chat in body;
      }),
    );
    return truths.every(Boolean);
  });
}, 600_000);
