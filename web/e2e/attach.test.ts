// Programs on other computers: the real opencode attached over TLS, what each token reaches, and the door beside the login.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PATIENCE } from './bars';
import { Pty } from './pty';
import { builds, freePort, Stack, send, until } from './stack';

const tools = resolve(import.meta.dirname, '../../.tools');

let stack: Stack;
let cookie: string;
let chat: string;
let directory: string;
/** Of the other computer, and of the authority that it trusts. */
let folder: string;
// No password is set, so that there is one to be changed.
const environment: Record<string, string> = { AUTH_PASSWORD: '' };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocweb-laptop-'));
  stack = await Stack.start({ environment });
  stack.password = /log in with the password (\S+)/.exec(stack.log)?.[1] ?? '';
  cookie = await stack.login();
  chat = await stack.begin(cookie, 'say: the first answer');
  directory = (await stack.reaches(cookie, chat)).directory ?? '';
});
afterAll(async () => {
  await stack?.remove();
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** A token made by the command. */
async function create(name: string, ...more: string[]): Promise<string> {
  const made = await stack.command(['token', 'create', name, ...more], `${stack.password}\n`);
  expect(made.code, made.err).toBe(0);
  return made.out.trim();
}

test('the command makes, lists and revokes tokens', async () => {
  const made = JSON.parse(
    (await stack.command(['token', 'create', 'ci', '--expires', '12h', '--json'], `${stack.password}\n`)).out,
  );
  expect(made).toMatchObject({ scope: 'attach', url: `http://localhost:${stack.port}` });
  const headers = { authorization: `Bearer ${made.token}` };
  expect((await send(stack.port, '/session', { headers })).status).toBe(200);
  const plain = await stack.command(
    ['token', 'create', 'ci', '--expires', 'never', '--scope', 'read'],
    `${stack.password}\n`,
  );
  expect(plain.out).toMatch(/^ocweb_[\w-]{43}\n$/);
  // What is not a terminal may be somebody's log.
  expect(plain.err).not.toContain(plain.out.trim());

  const list = (await stack.command(['token', 'list'])).out;
  expect(list).toMatch(/^NAME +SCOPE +LAST USED +ENDS +ID$/m);
  expect(list).toMatch(/^ci +read +never +never +/m);
  expect(list).not.toContain(made.token.slice(6));
  expect(await stack.command(['token', 'revoke', 'ci'])).toMatchObject({ code: 2, out: '' });
  expect((await stack.command(['token', 'revoke', made.id])).code).toBe(0);
  expect((await send(stack.port, '/session', { headers })).status).toBe(401);
  expect((await stack.command(['token', 'revoke', 'ci'])).code).toBe(0);
  expect(
    (await stack.command(['token', 'create', 'x', '--expires', 'soon'], `${stack.password}\n`)).code,
  ).toBe(2);
});

test('a token reaches what its scope says, on every route', async () => {
  const { body } = await stack.json<{ paths: Record<string, Record<string, unknown>> }>(
    cookie,
    'GET',
    '/admin/openapi.json',
  );
  const routes = Object.entries(body.paths)
    .filter(([path]) => path.startsWith('/admin/') && path !== '/admin/health' && !path.endsWith('/act'))
    .flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => ({
        method: method.toUpperCase(),
        path: path.replace('{pid}', '1').replaceAll(/\{[a-z_]+\}/g, 'x'),
      })),
    );
  expect(routes.length).toBeGreaterThan(80);
  const [attach, read, metrics] = await Promise.all(
    ['attach', 'read', 'metrics'].map((scope) => create(scope, '--scope', scope)),
  );
  const status = async (token: string | undefined, method: string, path: string) => {
    const { status, text } = await send(stack.port, path, {
      method,
      headers: { authorization: `Bearer ${token}` },
    });
    return status === 403 && text.includes('"out-of-scope"') ? 'out-of-scope' : status;
  };
  for (const { method, path } of routes) {
    expect(await status(attach, method, path), `attach: ${method} ${path}`).toBe('out-of-scope');
    if (method !== 'GET')
      expect(await status(read, method, path), `read: ${method} ${path}`).toBe('out-of-scope');
    if (path !== '/admin/metrics')
      expect(await status(metrics, method, path), `metrics: ${method} ${path}`).toBe('out-of-scope');
  }
  expect(await status(attach, 'GET', '/session')).toBe(200);
  expect(await status(read, 'GET', '/admin/status')).toBe(200);
  expect(await status(read, 'GET', `/admin/chats/${chat}/diff`)).toBe(200);
  for (const token of [read, metrics]) {
    for (const path of ['/session', '/config', '/global/event', '/'])
      expect(await status(token, 'GET', path), path).toBe('out-of-scope');
  }
  // However it is spelled, and whoever on the way would understand it.
  for (const path of [
    '/ADMIN/disk',
    '//admin/disk',
    '/%61dmin/disk',
    '/session//../admin/disk',
    '/x/%2e%2e/admin/disk',
  ])
    expect([400, 'out-of-scope'], path).toContain(await status(attach, 'GET', path));
  for (const path of [
    '/admin/metrics/../disk',
    '/admin/metrics%2f..%2fdisk',
    '/admin//metrics',
    '/ADMIN/METRICS',
  ])
    expect([400, 'out-of-scope'], path).toContain(await status(metrics, 'GET', path));
  for (const scope of ['attach', 'read', 'metrics'])
    expect((await stack.command(['token', 'revoke', scope])).code).toBe(0);
});

test('nobody comes to the local door from outside', async () => {
  const token = await create('full', '--scope', 'full');
  const body = JSON.stringify({ password: 'taken over', name: 'taken over', scope: 'full' });
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
      `/LOCAL/${name}`,
      `/%6cocal/${name}`,
      `/local%2f${name.replace('/', '%2f')}`,
      `/auth/../local/${name}`,
      `/auth/tokens/../../local/${name}`,
      `/auth/tokens/..%2f..%2flocal%2f${name}`,
      `/auth/sessions/%2e%2e/%2e%2e/local/${name}`,
      `/auth/tokens//local/${name}`,
      `/admin/../local/${name}`,
    ].map((path) => ({ method, path })),
  );
  for (const credentials of [{}, { cookie }, { authorization: `Bearer ${token}` }]) {
    for (const { method, path } of attempts) {
      const headers = { ...credentials, 'content-type': 'application/json' };
      const answer = await send(stack.port, path, {
        method,
        headers,
        body: method === 'GET' ? undefined : body,
      });
      const where = `${method} ${path}: ${answer.status} ${answer.text.slice(0, 100)}`;
      // Where opencode answers it is with a page of its own, whatever the address.
      if (answer.status < 400) expect(answer.headers['content-type'], where).toContain('text/html');
      expect(answer.text, where).not.toMatch(/ocweb_|"tokens"|is_fixed/);
    }
  }
  const { tokens } = JSON.parse((await stack.command(['token', 'list', '--json'])).out);
  expect(tokens.map((one: { name: string }) => one.name)).toEqual(['full']);
  expect((await stack.json(cookie, 'GET', '/admin/services')).status).toBe(200);
});

test('another password is asked for twice, unseen, and holds at once', async () => {
  const token = await create('old', '--scope', 'full');
  const bearer = { authorization: `Bearer ${token}` };
  const terminal = Pty.open(join(builds.OCWEB_BIN_DIR, 'ocweb'), ['password'], stack.environment());
  for (const [typed, question] of [
    ['one of a kind', /New password/],
    ['another kind', /The same again/],
    ['a new password', /two different ones.*New password/s],
    ['a new password', /The same again.*The same again/s],
  ] as const) {
    await terminal.shows(question);
    terminal.type(`${typed}\r`);
  }
  // Where the agent is the same user, being able to ask proves nothing.
  if (process.getuid?.() !== 0) {
    await terminal.shows(/that you log in with/);
    terminal.type(`${stack.password}\r`);
  }
  expect(await terminal.end()).toBe(0);
  expect(terminal.text()).toContain('The password is changed.');
  expect(terminal.text()).not.toMatch(/a kind|another kind|a new password/);
  expect((await stack.json(cookie, 'GET', '/admin/services')).status).toBe(401);
  expect((await send(stack.port, '/admin/services', { headers: bearer })).status).toBe(401);
  await expect(stack.login()).rejects.toThrow('401');
  stack.password = 'a new password';
  cookie = await stack.login();

  // One that was set elsewhere wins, and it is said where.
  await stack.command(['config', 'set', 'password', 'of the file']);
  const refused = await stack.command(['password'], 'another\n');
  expect(refused).toMatchObject({ code: 3, out: '' });
  expect(refused.err).toContain('ocweb config set password');
  await stack.command(['config', 'unset', 'password']);
});

test('who is locked out sets another password while nothing runs', async () => {
  await stack.stop();
  expect(await stack.command(['token', 'list'])).toMatchObject({ code: 4, out: '' });
  expect((await stack.command(['password'], '')).code).toBe(2);
  expect(await stack.command(['password'], 'back in again\n')).toMatchObject({ code: 0, out: '' });
  stack.password = 'back in again';
});

test('the real opencode works on a chat from elsewhere, over TLS', async () => {
  await certify();
  const url = `https://localhost:${environment.OCWEB_HTTPS_PORT}`;
  await stack.launch();
  const made = JSON.parse(
    (await stack.command(['token', 'create', 'laptop', '--json'], `${stack.password}\n`)).out,
  );
  expect(made.url).toBe(url);
  const login = ['--password', made.token];

  const said = await attached([
    'run',
    '--attach',
    url,
    ...login,
    '--dir',
    directory,
    'hello from the laptop',
  ]);
  expect(said).toContain("the demo's model");

  const terminal = Pty.open(
    join(tools, 'opencode'),
    ['attach', url, ...login, '--session', chat, '--dir', directory],
    laptop(),
  );
  try {
    await terminal.shows(/say: the first answer.*the first answer/s);
    // It takes keys once its box is drawn.
    terminal.type('say: typed elsewhere');
    await terminal.shows(/┃ +say: typed elsewhere/);
    terminal.type('\r');
    await terminal.shows(/┃ +say: typed elsewhere.*\n +typed elsewhere/s);
    const messages = await overTls(`/session/${chat}/message`, made.token);
    expect(messages.text).toContain('"text":"typed elsewhere"');
  } finally {
    await terminal.close();
  }
  expect((await overTls('/admin/status', made.token)).status).toBe(403);
  expect((await stack.command(['token', 'revoke', 'laptop'])).code).toBe(0);
  expect((await overTls('/session', made.token)).status).toBe(401);
  expect(await attached(['run', '--attach', url, ...login, 'hello'])).not.toContain("the demo's model");
});

/** The other computer: an opencode with a home of its own, which trusts our authority besides the world's. */
function laptop(): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    NODE_EXTRA_CA_CERTS: join(folder, 'caddy/pki/authorities/local/root.crt'),
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
  };
}

/** What a run of opencode on the other computer says. */
function attached(args: string[]): Promise<string> {
  return new Promise((done, failed) => {
    const child = spawn(join(tools, 'opencode'), args, {
      cwd: folder,
      env: laptop(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
    });
    let text = '';
    for (const output of [child.stdout, child.stderr])
      output.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    child.on('error', failed);
    child.on('close', () => done(text));
  });
}

/** Has an authority of this test's own certify localhost: another Caddy's. From the next launch on that is shown. */
async function certify(): Promise<void> {
  const config = `{\nadmin off\nskip_install_trust\nhttp_port ${await freePort()}\nhttps_port ${await freePort()}\n}\nhttps://localhost {\nbind 127.0.0.1\ntls internal\n}\n`;
  await writeFile(join(folder, 'Caddyfile'), config);
  const authority = spawn(
    join(tools, 'caddy'),
    ['run', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile'],
    { env: { HOME: folder, XDG_DATA_HOME: folder }, stdio: 'ignore' },
  );
  const certificate = join(folder, 'caddy/certificates/local/localhost/localhost');
  try {
    for (const end of ['crt', 'key'])
      await until('localhost is certified', async () => (await readFile(`${certificate}.${end}`)).length > 0);
  } finally {
    authority.kill();
  }
  Object.assign(environment, {
    OCWEB_TLS_CERTIFICATE: `${certificate}.crt`,
    OCWEB_TLS_KEY: `${certificate}.key`,
    OCWEB_HTTPS_PORT: String(await freePort()),
    OCWEB_HOST: '127.0.0.1',
  });
}

/** A request with a token over TLS. */
async function overTls(path: string, token: string): Promise<{ status: number; text: string }> {
  const ca = await readFile(String(laptop().NODE_EXTRA_CA_CERTS));
  return new Promise((done, failed) => {
    const request = httpsRequest(
      `https://localhost:${environment.OCWEB_HTTPS_PORT}${path}`,
      { ca, agent: false, headers: { authorization: `Bearer ${token}` } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', failed);
        response.on('end', () => done({ status: response.statusCode ?? 0, text }));
      },
    );
    request.setTimeout(PATIENCE, () => request.destroy(new Error(`no answer to ${path}`)));
    request.on('error', failed);
    request.end();
  });
}
