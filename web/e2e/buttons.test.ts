// Buttons of notifications that were delivered already, when the phone that has them is lost.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PushDevice } from './pushDevice';
import { Stack, send, until } from './stack';

interface Published {
  actions?: { label: string; body: string }[];
}

let stack: Stack;
let lost: PushDevice;
let ntfy: Server;
const published: Published[] = [];

beforeAll(async () => {
  stack = await Stack.start();
  lost = await PushDevice.start();
  ntfy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    published.push(JSON.parse(Buffer.concat(chunks).toString()) as Published);
    response.writeHead(200).end('{}');
  });
  await new Promise<void>((done) => ntfy.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  lost?.stop();
  ntfy?.close();
  await stack?.remove();
});

const press = async (capability: string | undefined) =>
  (await send(stack.port, '/admin/notifications/act', { method: 'POST', body: capability ?? '' })).status;

test('log out all others, and no button that a lost phone has answers any more', async () => {
  const owner = await stack.login();
  const stolen = await stack.login();
  const { port } = ntfy.address() as AddressInfo;
  const settings = await stack.json(owner, 'PUT', '/admin/notifications/settings', {
    public_url: stack.url,
    ntfy: { enabled: true, server: `http://127.0.0.1:${port}`, topic: 'my-topic' },
  });
  expect(settings.status).toBe(200);
  const path = '/admin/notifications/subscriptions';
  expect((await stack.json(stolen, 'POST', path, lost.subscription)).status).toBe(201);

  await stack.begin(owner, 'run: rm -f one.txt && echo removed');
  await until('both are told', () => published.length === 1 && lost.pushed.length === 1);
  const pushed = lost.pushed[0]?.actions.map(({ capability }) => capability);
  const posted = published[0]?.actions?.map(({ body }) => body);
  expect([pushed?.length, posted?.length]).toEqual([2, 2]);

  expect((await stack.json(owner, 'DELETE', '/auth/sessions?keep_current=true')).status).toBe(204);
  expect(await press(pushed?.[0])).toBe(410);
  expect(await press(posted?.[0])).toBe(410);
  const waiting = () => stack.json<{ requests: unknown[] }>(owner, 'GET', '/admin/inbox');
  expect((await waiting()).body.requests).toHaveLength(1);

  // What is told from now on goes to whoever reads the topic, with buttons that work; and to the lost phone no more.
  await stack.begin(owner, 'run: rm -f two.txt && echo removed');
  await until('ntfy is told', () => published.length === 2);
  expect(await press(published[1]?.actions?.[0]?.body)).toBe(200);
  await until('one waits', async () => (await waiting()).body.requests.length === 1);
  expect(lost.pushed).toHaveLength(1);
  await until('the phone is off the list', async () => {
    const { body } = await stack.json<{ subscriptions: unknown[] }>(owner, 'GET', path);
    return body.subscriptions.length === 0;
  });
});
