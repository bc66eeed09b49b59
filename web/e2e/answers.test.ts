// What the agent could answer in the place of a service of its user, before a browser believes it: Caddy alone, with
// stand-ins on the sockets.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, send, until } from './stack';

const root = resolve(import.meta.dirname, '../..');

let folder: string;
let port: number;
let caddy: ChildProcess;
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
        OCWEB_OPENCODE_ADDRESS: '127.0.0.1:1',
        OCWEB_OPENCODE_AUTHORIZATION: 'x',
      },
      stdio: 'ignore',
    },
  );
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
