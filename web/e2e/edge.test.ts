// How it is reached: plain behind a proxy, with certificates that Caddy gets, with the person's own. The authority is another
// Caddy on this machine, and the only one that the client trusts.
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, type RequestOptions, type Server } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE } from './bars';
import { type Answer, freePort, Stack, send, until } from './stack';

const caddy = resolve(import.meta.dirname, '../../.tools/caddy');
const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const [domain, other] = ['code.ocweb.test', 'other.ocweb.test'];
// A proxy of ours is at the second address of this machine, and at its IPv6 address; anybody is at the first.
const [stranger, proxy] = ['127.0.0.1', '127.0.0.2'];
// And in its network, if it is in one: who is there is not on this machine, as far as Caddy can tell.
const outside = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const environment: Record<string, string> = {
  OCWEB_HOST: hasIpv6 ? '::' : '0.0.0.0',
  OCWEB_TRUSTED_PROXIES: `${proxy}/32 ::1/128`,
};

let folder: string;
let authority: ChildProcess;
let internet: Server;
let stack: Stack;
let root: string;
let httpsPort: number;
let directory: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocweb-edge-'));
  stack = await Stack.start({ environment });
  httpsPort = await freePort();
});
afterAll(async () => {
  await stack?.remove();
  authority?.kill();
  internet?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Stops the stack, and starts it with other settings. */
async function again(changes: Record<string, string>): Promise<void> {
  await stack.stop();
  Object.assign(environment, changes);
  await stack.launch();
}

interface Asked {
  /** The address that is asked from. */
  from?: string | undefined;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** A request of somebody at an address of this machine: over TLS where a name is given that is asked for. */
function ask(path: string, asked: Asked = {}, servername?: string): Promise<Answer> {
  return new Promise((done, failed) => {
    const from = asked.from ?? stranger;
    const options: RequestOptions & { ca?: string; servername?: string } = {
      host: [outside, '::1'].includes(from) ? from : '127.0.0.1',
      localAddress: from,
      path,
      method: asked.method ?? 'GET',
      headers: asked.headers,
      agent: false,
    };
    const request = servername
      ? httpsRequest({ ...options, port: httpsPort, ca: root, servername })
      : httpRequest({ ...options, port: stack.port });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', failed);
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      done({ status: response.statusCode ?? 0, headers: response.headers, text: '' });
    });
    request.on('error', failed);
    request.setTimeout(PATIENCE, () => request.destroy(new Error(`no answer to ${path}`)));
    request.end(asked.body);
  });
}

/** Logs in. Answers the cookie, whether the browser keeps to TLS from now on, and the address that is noted of the client. */
async function logIn(asked: Asked, servername?: string) {
  const host: Record<string, string> = servername ? { host: `${servername}:${httpsPort}` } : {};
  const answer = await ask(
    '/auth/login',
    {
      ...asked,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...host, ...asked.headers },
      body: new URLSearchParams({ password: stack.password }).toString(),
    },
    servername,
  );
  expect(answer.status, answer.text).toBe(303);
  const cookie = answer.headers['set-cookie']?.[0] ?? '';
  const sessions = await ask(
    '/auth/sessions',
    { ...asked, headers: { ...host, ...asked.headers, cookie: cookie.split(';')[0] ?? '' } },
    servername,
  );
  const all: { address: string; current: boolean }[] = JSON.parse(sessions.text).sessions;
  return {
    cookie,
    isSecure: cookie.startsWith('__Host-ocweb=') && cookie.includes('; Secure'),
    keepsToTls: Boolean(answer.headers['strict-transport-security']),
    address: all.find(({ current }) => current)?.address,
  };
}

const forwarded = (client: string, scheme = 'https') => ({
  'x-forwarded-for': client,
  'x-forwarded-proto': scheme,
});

test('a trusted proxy tells scheme and client, and nobody else does', async () => {
  expect(await logIn({ headers: forwarded('203.0.113.6') })).toMatchObject({
    isSecure: false,
    keepsToTls: false,
    address: stranger,
  });
  const told: [string, string, string][] = [
    // The client's own claim, what the proxy saw, and a proxy of ours before this one.
    [proxy, '203.0.113.6, 198.51.100.7', '198.51.100.7'],
    [proxy, `203.0.113.6, 198.51.100.8, ${proxy}`, '198.51.100.8'],
    [proxy, '2001:db8::6, 2001:db8::7', '2001:db8::7'],
    ...(hasIpv6
      ? ([['::1', '203.0.113.6, 2001:db8::8, ::1', '2001:db8::8']] as [string, string, string][])
      : []),
  ];
  for (const [from, header, address] of told) {
    const seen = await logIn({ from, headers: forwarded(header) });
    expect(seen, `${header} from ${from}`).toMatchObject({ isSecure: true, keepsToTls: true, address });
  }
  expect(await logIn({ from: proxy, headers: forwarded('198.51.100.9', 'http') })).toMatchObject({
    isSecure: false,
    keepsToTls: false,
    address: '198.51.100.9',
  });
  // A balancer asks by address, or by a name of its own, and has no proxy's headers.
  for (const host of ['10.1.2.3', 'health.internal:8080', 'target'])
    expect((await ask('/admin/health', { headers: { host } })).status, host).toBe(200);
});

test.skipIf(!outside)(
  'from the network the door for proxies is shut, and the local door in any case',
  async () => {
    const body = JSON.stringify({ name: 'taken over', scope: 'full', password: 'taken over' });
    const doors = [
      ['GET', 'tokens'],
      ['POST', 'tokens'],
      ['DELETE', 'tokens/x'],
      ['GET', 'password'],
      ['POST', 'password'],
    ] as const;
    const attempts = doors.flatMap(([method, name]) =>
      [
        `/local/${name}`,
        `//local/${name}`,
        `/auth/../local/${name}`,
        `/auth/tokens/..%2f..%2flocal%2f${name}`,
      ].map((path) => ({ method, path })),
    );
    const tryAll = async (more: Record<string, string>, judge: (answer: Answer, where: string) => void) => {
      for (const { method, path } of attempts) {
        // Nor by saying that it is from here.
        const headers = { ...more, ...forwarded('127.0.0.1'), 'x-real-ip': '127.0.0.1' };
        const json = { ...headers, 'content-type': 'application/json' };
        const asked = method === 'GET' ? { headers } : { headers: json, body };
        const answer = await ask(path, { from: outside, method, ...asked });
        judge(answer, `${method} ${path}: ${answer.status} ${answer.text.slice(0, 100)}`);
      }
    };
    await tryAll({}, (answer, where) => expect(answer.status, where).toBe(403));
    expect((await ask('/auth/login', { from: outside })).status).toBe(403);
    expect((await ask('/admin/health', { from: outside })).status).toBe(200);

    await again({ OCWEB_PLAIN_HTTP: 'yes' });
    const { cookie, address } = await logIn({ from: outside });
    expect(address).toBe(outside);
    const credentials: Record<string, string>[] = [{}, { cookie: cookie.split(';')[0] ?? '' }];
    for (const more of credentials)
      await tryAll(more, (answer, where) => {
        // Where opencode answers it is with a page of its own, whatever the address.
        if (answer.status < 400) expect(answer.headers['content-type'], where).toContain('text/html');
        expect(answer.text, where).not.toMatch(/ocweb_|"tokens"|is_fixed/);
      });
    expect(JSON.parse((await stack.command(['token', 'list', '--json'])).out).tokens).toEqual([]);
    await logIn({ from: outside });
  },
);

/** An authority that certifies whom it reaches on port 80, which stands here for the port that we were given. */
async function startAuthority(): Promise<void> {
  internet = createServer((asked, answer) => {
    const { hostname, pathname } = new URL(asked.url ?? '/');
    const request = httpRequest(
      { host: '127.0.0.1', port: stack.port, path: pathname, headers: { host: hostname } },
      (response) => {
        answer.writeHead(response.statusCode ?? 502);
        response.pipe(answer);
      },
    );
    request.on('error', () => answer.destroy());
    request.end();
  });
  const internetPort = await freePort();
  await new Promise<void>((done) => internet.listen(internetPort, '127.0.0.1', done));
  const port = await freePort();
  const options = ['admin off', 'persist_config off', 'skip_install_trust', 'auto_https disable_redirects'];
  await writeFile(
    join(folder, 'Caddyfile'),
    `{\n${options.join('\n')}\nhttps_port ${port}\n}\nhttps://localhost {\nbind 127.0.0.1\ntls internal\nacme_server {\nchallenges http-01\n}\n}\n`,
  );
  authority = spawn(caddy, ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'], {
    env: { HOME: folder, XDG_DATA_HOME: folder, http_proxy: `http://127.0.0.1:${internetPort}` },
    stdio: process.env.OCWEB_E2E_LOG ? 'inherit' : 'ignore',
  });
  root = await until('the authority has a root', () =>
    readFile(join(folder, 'caddy/pki/authorities/local/root.crt'), 'utf8'),
  );
  directory = `https://localhost:${port}/acme/local/directory`;
}

/** The names in the certificate that is shown to who asks for a name. */
function certified(servername: string): Promise<string> {
  return new Promise((done, failed) => {
    const socket = connectTls(
      { host: '127.0.0.1', port: httpsPort, ca: root, servername, checkServerIdentity: () => undefined },
      () => {
        const names = socket.getPeerCertificate().subjectaltname ?? '';
        socket.destroy();
        done(names);
      },
    );
    socket.on('error', failed);
  });
}

/** One session of HTTP/2: what it asks, in order, and how it began. */
async function overHttp2<T>(
  use: (get: (path: string, more?: Record<string, string>) => Promise<string>) => Promise<T>,
): Promise<{ result: T; socketsToo: boolean }> {
  const session = connectHttp2(`https://${domain}:${httpsPort}`, {
    createConnection: () =>
      connectTls({ host: '127.0.0.1', port: httpsPort, ca: root, servername: domain, ALPNProtocols: ['h2'] }),
  });
  try {
    await new Promise<void>((done, failed) => {
      session.once('remoteSettings', () => done());
      session.once('error', failed);
    });
    const socketsToo = session.remoteSettings.enableConnectProtocol === true;
    // The beginning of the answer: what comes after it, if anything, is a stream's.
    const get = (path: string, more: Record<string, string> = {}) =>
      new Promise<string>((done, failed) => {
        const stream = session.request({ ':path': path, ...more });
        stream.on('error', failed);
        stream.on('response', (headers) => {
          stream.once('data', (chunk: Buffer) => {
            stream.close();
            done(`${headers[':status']} ${chunk.toString()}`);
          });
        });
        stream.end();
      });
    return { result: await use(get), socketsToo };
  } finally {
    session.destroy();
  }
}

test('a domain is certified, and everything works over TLS for who trusts that authority alone', async () => {
  await startAuthority();
  await again({
    OCWEB_DOMAIN: `${domain},${other}`,
    OCWEB_HTTPS_PORT: String(httpsPort),
    OCWEB_ACME_DIRECTORY: directory,
    OCWEB_ACME_ROOT: join(folder, 'caddy/pki/authorities/local/root.crt'),
    OCWEB_CLIENT_IP_HEADER: 'Fly-Client-IP',
  });
  for (const name of [domain, other])
    await until(`${name} is certified`, async () => (await certified(name)) === `DNS:${name}`);
  expect(stack.log).toContain(`ocweb is ready at https://${domain}:${httpsPort}`);

  const own = await logIn(
    { headers: { ...forwarded('203.0.113.6', 'http'), 'fly-client-ip': '203.0.113.7' } },
    domain,
  );
  expect(own).toMatchObject({ isSecure: true, keepsToTls: true, address: stranger });
  const behind = await logIn(
    { from: proxy, headers: { ...forwarded('203.0.113.6'), 'fly-client-ip': '198.51.100.7' } },
    domain,
  );
  expect(behind).toMatchObject({ isSecure: true, keepsToTls: true, address: '198.51.100.7' });

  const cookie = own.cookie.split(';')[0] ?? '';
  const { result, socketsToo } = await overHttp2(async (get) => [
    await get('/admin/services', { cookie }),
    await get('/admin/events', { cookie }),
    await get('/admin/services'),
  ]);
  expect(result[0]).toMatch(/^200 .*"name":"caddy"/);
  expect(result[1]).toMatch(/^200 (id|event|data|:)/);
  expect(result[2]).toMatch(/^401 /);
  // A socket is known by its upgrade, so there must be no other way to open one.
  expect(socketsToo).toBe(false);
  const host = `${domain}:${httpsPort}`;
  const json = { host, cookie, origin: `https://${host}`, 'content-type': 'application/json' };
  const made = await ask(
    '/pty?directory=/tmp',
    { method: 'POST', headers: json, body: JSON.stringify({ cwd: '/tmp' }) },
    domain,
  );
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' };
  const terminal = await ask(
    `/pty/${JSON.parse(made.text).id}/connect?directory=/tmp`,
    { headers: { ...json, ...upgrade, 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' } },
    domain,
  );
  expect(terminal.status).toBe(101);

  // The other port leads there, with and without a port that was named, and answers the health check itself.
  for (const [asked, wanted] of [
    [domain, `https://${domain}/chat/x?y=z`],
    [`${domain}:${stack.port}`, `https://${domain}:${httpsPort}/chat/x?y=z`],
    [`[::1]:${stack.port}`, `https://[::1]:${httpsPort}/chat/x?y=z`],
  ] as const) {
    const led = await send(stack.port, '/chat/x?y=z', { headers: { host: asked } });
    expect([led.status, led.headers.location]).toEqual([308, wanted]);
  }
  expect((await ask('/admin/health', { headers: { host: 'target' } })).status).toBe(200);
  // Who has one of our certificates and asks for another's name gets nothing.
  expect((await ask('/', { headers: { host: 'evil.example' } }, domain)).status).toBe(421);
  await expect(certified('evil.example')).rejects.toThrow();
});

test('an own certificate is shown to everybody, and its successor without a pause', async () => {
  const kept = join(stack.folder, 'data/ocweb/caddy');
  const certificates = join(kept, 'data/caddy/certificates', directory.slice(8).replaceAll(/[:/]+/g, '-'));
  const [certificate, key] = [join(folder, 'own.crt'), join(folder, 'own.key')];
  const use = async (name: string) => {
    await copyFile(join(certificates, name, `${name}.crt`), certificate);
    await copyFile(join(certificates, name, `${name}.key`), key);
  };
  await use(domain);
  await again({ OCWEB_TLS_CERTIFICATE: certificate, OCWEB_TLS_KEY: key });
  for (const name of [domain, 'box.lan', '']) expect(await certified(name)).toBe(`DNS:${domain}`);
  expect(await logIn({}, domain)).toMatchObject({ isSecure: true, keepsToTls: true });
  const led = await send(stack.port, '/', { headers: { host: `${domain}:${stack.port}` } });
  expect([led.status, led.headers.location]).toEqual([308, `https://${domain}:${httpsPort}/`]);

  const before = (await processes()).caddy;
  await use(other);
  await until('the other is shown', async () => (await certified(domain)) === `DNS:${other}`);
  expect((await processes()).caddy).toBe(before);

  // What certifies us is nobody's but Caddy's, on the volume and while it runs.
  const agent = (await stat(`/proc/${(await processes()).opencode}`)).uid;
  for (const private_ of [kept, join(stack.folder, 'run/caddy')]) {
    const { mode, uid } = await stat(private_);
    expect(mode & 0o077, private_).toBe(0);
    if (process.getuid?.() === 0) expect(uid, private_).not.toBe(agent);
  }
});

/** The pids of what runs, by name. */
async function processes(): Promise<Record<string, number>> {
  const listed: { name: string; pid: number }[] = JSON.parse(
    await readFile(join(stack.folder, 'run/processes.json'), 'utf8'),
  );
  return Object.fromEntries(listed.map(({ name, pid }) => [name, pid]));
}
