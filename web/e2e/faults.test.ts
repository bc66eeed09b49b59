// Bad luck, really done to the whole stack: parts are killed, stopped and signalled.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepsBar } from './bars';
import { type Service, Stack, send, until } from './stack';

let stack: Stack;
let cookie: string;
/** The chats that were begun. */
const begun: string[] = [];

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
});
afterAll(() => stack?.remove());

async function service(name: string): Promise<Service & { pid: number }> {
  const found = (await stack.services(cookie)).get(name);
  if (!found?.pid) throw new Error(`${name} does not run`);
  return { ...found, pid: found.pid };
}

const well = () =>
  until('all is well again', async () => (await send(stack.port, '/admin/health')).status === 200);

test('opencode killed: said while it lasts, and back by itself', async () => {
  const before = await service('opencode');
  process.kill(before.pid, 'SIGKILL');
  const health = await until('the health says so', async () => {
    const answer = await send(stack.port, '/admin/health');
    return answer.status === 503 && answer;
  });
  expect(health.headers['retry-after']).toBeTruthy();
  expect(JSON.stringify(JSON.parse(health.text).waiting_for)).toContain('opencode');
  const meanwhile = await send(stack.port, '/session', { headers: { cookie } });
  if (meanwhile.status !== 200) {
    expect(meanwhile.status).toBe(503);
    expect(meanwhile.headers['retry-after']).toBeTruthy();
  }
  await well();
  const after = await service('opencode');
  expect(after.pid).not.toBe(before.pid);
  expect(after.restarts).toBe(before.restarts + 1);
  expect(after.last_exit?.signal).toBe(9);
});

test('opencode stopped in its tracks: seen, and replaced', async () => {
  const before = await service('opencode');
  process.kill(before.pid, 'SIGSTOP');
  const stopped = Date.now();
  await until(
    'it is replaced',
    async () => (await stack.services(cookie)).get('opencode')?.pid !== before.pid,
  );
  const took = Date.now() - stopped;
  await well();
  keepsBar('until a frozen opencode is replaced', took, 30_000);
});

test('auth killed: nobody gets in meanwhile, and it is back within moments', async () => {
  const before = await service('auth');
  process.kill(before.pid, 'SIGKILL');
  const killed = Date.now();
  let outsiders = 0;
  await until('it is back', async () => {
    const [outsider, insider] = await Promise.all([
      send(stack.port, '/session'),
      send(stack.port, '/admin/services', { headers: { cookie } }),
    ]);
    expect([401, 503], outsider.text).toContain(outsider.status);
    outsiders += 1;
    return insider.status === 200;
  });
  expect(outsiders).toBeGreaterThan(0);
  const took = Date.now() - killed;
  await well();
  keepsBar('until the door is back', took, 5_000);
});

test('auth stopped in its tracks: nobody waits for ever, nobody gets in, and it is replaced', async () => {
  const before = await service('auth');
  process.kill(before.pid, 'SIGSTOP');
  const stopped = Date.now();
  const outsider = await send(stack.port, '/session');
  expect([401, 503], outsider.text).toContain(outsider.status);
  await until('it is replaced', async () => (await stack.services(cookie)).get('auth')?.pid !== before.pid);
  const took = Date.now() - stopped;
  await well();
  keepsBar('until a frozen auth is replaced', took, 40_000);
});

test('TERM ends everything within four seconds, open streams and agents at work included', async () => {
  await stack.launch();
  const created = await stack.json<{ id: string }>(cookie, 'POST', '/admin/chats', {
    repo: 'demo/hello-web',
    prompt: 'run: setsid sleep 986 >/dev/null 2>&1 & sleep 985',
  });
  await until('the agent is at work', async () =>
    (await stack.processes()).some((process) => process.command.includes('sleep 985')),
  );
  expect(created.status).toBe(202);
  const streams = await Promise.all(
    ['/admin/events', '/admin/events', '/admin/events', '/global/event', '/event'].map((path) =>
      fetch(`${stack.url}${path}`, { headers: { cookie } }),
    ),
  );
  const readers = streams.map((stream) => stream.body?.getReader());
  for (const reader of readers) await reader?.read();
  const took = await stack.stop('SIGTERM');
  expect(await stack.processes()).toEqual([]);
  for (const reader of readers) reader?.cancel().catch(() => {});
  begun.push(created.body.id);
  keepsBar('until TERM has ended everything', took, 4_000);
});

test('the next start finds the login and the chats as they were', async () => {
  await stack.launch();
  expect((await stack.json(cookie, 'GET', '/admin/services')).status).toBe(200);
  const { body } = await stack.json<{ chats: { id: string; state: string }[] }>(
    cookie,
    'GET',
    '/admin/chats',
  );
  expect(body.chats.map(({ id }) => id).toSorted()).toEqual(begun.toSorted());
  for (const { state } of body.chats) expect(state).toBe('ready');
});

test('after kill -9 of the supervisor the next start clears the leftovers and works', async () => {
  const leftover = (await stack.processes()).length;
  expect(leftover).toBeGreaterThan(4);
  process.kill(await stack.supervisorPid(), 'SIGKILL');
  await stack.stop('SIGKILL');
  await stack.launch();
  const pids = [...(await stack.services(cookie)).values()].map((service) => service.pid);
  const supervisor = await stack.supervisorPid();
  const strangers = (await stack.processes()).filter(({ pid }) => pid !== supervisor && !pids.includes(pid));
  expect(strangers).toEqual([]);
});

test('a second TERM forces', async () => {
  await stack.launch();
  const opencode = await service('opencode');
  // It cannot answer TERM now, so that there is somebody to wait for when the second one comes.
  process.kill(opencode.pid, 'SIGSTOP');
  const supervisor = await stack.supervisorPid();
  const before = stack.log.length;
  const ended = stack.stop('SIGTERM');
  await until('it is stopping', () => stack.log.slice(before).includes('"stopping"'));
  process.kill(supervisor, 'SIGTERM');
  const took = await ended;
  await until('it says so', () => stack.log.slice(before).includes('ending everything by force'));
  expect(await stack.processes()).toEqual([]);
  keepsBar('until a second TERM has ended everything', took, 5_000);
});
