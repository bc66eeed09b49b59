// Caddy alone, with stand-ins on the sockets: what the agent could answer in the place of a service of its user, before a
// browser believes it; and what Caddy tells the supervisor of what it passes on to opencode.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, send, until } from './stack';

const root = resolve(import.meta.dirname, '../..');

let folder: string;
let port: number;
let opencodePort: number;
let caddy: ChildProcess;
let said = '';
const servers: Server[] = [];

/** An answer that would do anything to whoever opens it. */
const hostile = {
  'content-type': 'text/html',
  'content-security-policy': "script-src 'unsafe-inline' *",
  'set-cookie': 'session=mine; Path=/',
  'clear-site-data': '"*"',
  'service-worker-allowed': '/',
  'www-authenticate': 'Basic realm="ocweb"',
  'access-control-allow-origin': 'https://elsewhere.example',
  'access-control-allow-credentials': 'true',
  'x-frame-options': 'ALLOWALL',
  'x-content-type-options': 'sniff',
  refresh: '0; url=https://elsewhere.example',
};

async function standIn(place: string | number, status: number, headers: Record<string, string>) {
  const server = createServer((_, response) => {
    response.writeHead(status, headers).end('<script>fetch("/auth/tokens", {method: "POST"})</script>');
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(place, done));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocweb-caddy-'));
  for (const name of ['auth', 'git-manager', 'resource-monitor']) await mkdir(join(folder, name));
  await standIn(join(folder, 'auth/socket'), 204, {});
  await standIn(join(folder, 'git-manager/socket'), 200, hostile);
  await standIn(join(folder, 'resource-monitor/socket'), 200, hostile);
  port = await freePort();
  opencodePort = await freePort();
  caddy = spawn(
    join(root, '.tools/caddy'),
    ['run', '--config', join(root, 'caddy/Caddyfile'), '--adapter', 'caddyfile'],
    {
      env: {
        HOME: folder,
        OCWEB_HOST: '127.0.0.1',
        OCWEB_PORT: String(port),
        OCWEB_RUN_DIR: folder,
        OCWEB_WEB_DIR: folder,
        OCWEB_OPENCODE_ADDRESS: `127.0.0.1:${opencodePort}`,
        OCWEB_OPENCODE_AUTHORIZATION: 'x',
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  caddy.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await until('Caddy answers', async () => (await send(port, '/admin/saved')).status === 200);
});
afterAll(async () => {
  caddy?.kill();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true, force: true });
});

test.each(['/admin/saved/x', '/admin/chats', '/admin/disk'])(
  '%s runs nothing and changes nothing',
  async (path) => {
    const { headers, text } = await send(port, path);
    expect(text).toContain('<script>');
    const policy = String(headers['content-security-policy']);
    expect(policy).toMatch(/default-src 'none'.*; sandbox;/);
    expect(policy).not.toContain('script-src');
    expect([headers['x-frame-options'], headers['x-content-type-options']]).toEqual(['DENY', 'nosniff']);
    const gone = Object.keys(hostile).filter((name) => !/^(content|x)-/.test(name));
    expect(gone.filter((name) => name in headers)).toEqual([]);
  },
);

test('of a request to opencode a line tells method, status and time, and neither who asked nor for what', async () => {
  interface Line {
    logger: string;
    method: string;
    status: number;
    latency?: number;
    failure?: number;
  }
  const told = () =>
    said
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Line)
      .filter(({ logger }) => logger.startsWith('http.log.access'));
  const opencode = createServer((request, response) => {
    const [status, type] = request.url === '/stream' ? [200, 'text/event-stream'] : [404, 'text/html'];
    response.writeHead(status, { 'content-type': type, 'x-secret': 'secret' }).end('secret');
  });
  await new Promise<void>((done) => opencode.listen(opencodePort, '127.0.0.1', done));
  await writeFile(join(folder, 'opencode.ready'), '');
  const headers = { cookie: 'secret=secret', 'user-agent': 'secret', authorization: 'Basic secret' };
  const ask = async (method: string, path: string) => (await send(port, path, { method, headers })).status;

  // Others are not told of, whether they are answered or fail.
  expect(await ask('GET', '/admin/disk')).toBe(200);
  expect(await ask('GET', '/admin/status')).toBe(503);
  expect(await ask('DELETE', '/session/secret?directory=secret')).toBe(404);
  // A stream by another spelling, which is refused.
  expect(await ask('GET', '/stream')).toBe(404);
  await new Promise((done) => {
    opencode.close(done);
    opencode.closeAllConnections();
  });
  expect(await ask('GET', '/secret')).toBe(503);

  const lines = await until('three lines are there', () => told().length >= 3 && told());
  expect(lines).toMatchObject([
    { method: 'DELETE', status: 404, latency: expect.any(Number) },
    { method: 'GET', status: 404, failure: 404 },
    { method: 'GET', status: 503, failure: 502 },
  ]);
  expect(lines[0]).not.toHaveProperty('failure');
  expect(new Set(lines.map(({ logger }) => logger))).toEqual(new Set(['http.log.access.opencode']));
  expect(said).not.toContain('secret');
  expect(JSON.stringify(lines)).not.toContain('127.0.0.1');
});
