// The one door: who gets in where, what is removed from requests, what is put on answers.
import { readdir } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { attempts, complaint, type Document } from './badInput';
import { type Answer, Stack, send, until } from './stack';

let stack: Stack;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
});
afterAll(() => stack?.remove());

/** Every documented route with its parameters filled in, and opencode's own. */
async function everyRoute(): Promise<{ method: string; path: string }[]> {
  const document = await stack.json<{ paths: Record<string, Record<string, unknown>> }>(
    cookie,
    'GET',
    '/admin/openapi.json',
  );
  const ours = Object.entries(document.body.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => ({
      method: method.toUpperCase(),
      path: path.replace('{pid}', '1').replaceAll(/\{[a-z_]+\}/g, 'x'),
    })),
  );
  const theirs = [
    '/session',
    '/global/event',
    '/config',
    '/doc',
    '/file?path=.',
    '/auth/openrouter',
    '/L3RtcA/session/x',
    '/assets/x.js',
  ];
  const page = [
    '/',
    '/chat/ses_x',
    '/repos',
    '/ocweb/index.html',
    '/ocweb/assets/x.js',
    '/admin/docs',
    '/admin/openapi.json',
    '/admin/nothing',
  ];
  return [
    ...ours,
    ...[...theirs, ...page].map((path) => ({ method: 'GET', path })),
    { method: 'PUT', path: '/auth/openrouter' },
  ];
}

const socketHeaders = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** A terminal's WebSocket, as far as it takes to type a short line and to see what is shown. */
function openShell(path: string, headers: Record<string, string>) {
  return new Promise<{ type(text: string): void; shown(): string; isOver(): boolean; leave(): void }>(
    (done, failed) => {
      const request = httpRequest({
        host: '127.0.0.1',
        port: stack.port,
        path,
        headers: { host: new URL(stack.url).host, ...headers, ...socketHeaders },
        agent: false,
      });
      request.on('error', failed);
      request.on('response', (answer) => failed(new Error(`${path} answered ${answer.statusCode}`)));
      request.on('upgrade', (_answer, socket, head) => {
        let shown = head.toString();
        let isOver = false;
        socket.on('data', (data: Buffer) => {
          shown += data.toString();
        });
        socket.on('error', () => undefined);
        socket.on('close', () => {
          isOver = true;
        });
        done({
          // One masked text frame; a mask of zeroes leaves the text as it is.
          type: (text) =>
            socket.write(Buffer.from([0x81, 0x80 + text.length, 0, 0, 0, 0, ...Buffer.from(text)])),
          shown: () => shown,
          isOver: () => isOver,
          leave: () => socket.destroy(),
        });
      });
      request.end();
    },
  );
}

// Logging out without being logged in only leads to the login.
const open = new Set([
  'POST /auth/logout',
  'GET /admin/health',
  'GET /auth/login',
  'POST /auth/login',
  // Its body is the authorisation: a capability for one verdict.
  'POST /admin/notifications/act',
  'OPTIONS /admin/notifications/act',
]);

describe('without a session', () => {
  test('nothing but the login and the health is answered, on any route', async () => {
    const revoked = await stack.login();
    await send(stack.port, '/auth/logout', { method: 'POST', headers: { cookie: revoked } });
    const signed = cookie.slice(0, -2) + (cookie.endsWith('AA') ? 'BB' : 'AA');
    const cookies = [
      undefined,
      'ocweb=nonsense',
      `ocweb=${'a'.repeat(8000)}`,
      signed,
      revoked,
      `${cookie.slice(0, -10)}`,
    ];
    const made = await stack.json<{ id: string; token: string }>(cookie, 'POST', '/auth/tokens', {
      name: 'revoked',
      scope: 'full',
    });
    const { id, token } = made.body;
    const authorised = { authorization: `Bearer ${token}` };
    expect((await send(stack.port, '/admin/services', { headers: authorised })).status).toBe(200);
    await stack.json(cookie, 'DELETE', `/auth/tokens/${id}`);
    const authorizations = [
      'Bearer nonsense',
      `Bearer ${token}`,
      `Basic ${btoa(`opencode:${token}`)}`,
      `Basic ${btoa(`${token}:`)}`,
      token,
    ];
    const credentials: Record<string, string>[] = [
      ...cookies.map((tried): Record<string, string> => (tried ? { cookie: tried } : {})),
      ...authorizations.map((authorization) => ({ authorization })),
    ];
    for (const { method, path } of await everyRoute()) {
      if (open.has(`${method} ${path}`)) continue;
      for (const headers of credentials) {
        const answer = await send(stack.port, path, { method, headers });
        // Wrong tokens are soon refused unread (429).
        expect(
          [401, 404, 405, 429, 431],
          `${method} ${path} with ${JSON.stringify(headers).slice(0, 40)}: ${answer.text}`,
        ).toContain(answer.status);
        if (answer.status === 429) expect(headers).toHaveProperty('authorization');
        // 404 and 405 come from auth and the notifier, for methods that they do not have.
        if (![401, 429, 431].includes(answer.status))
          expect(path).toMatch(/^\/(auth\/(login|logout|check|sessions)|admin\/notifications\/act$)/);
        if (answer.status === 401) expect(answer.headers['content-type']).toBe('application/problem+json');
      }
    }
  });

  test('what a login has open ends within seconds of its end, and nobody else’s does', async () => {
    const other = await stack.login();
    const paths = ['/admin/events', '/global/event', '/event', '/api/event'];
    const open = async (path: string, as: string) => {
      const answer = await fetch(`${stack.url}${path}`, { headers: { cookie: as } });
      const reader = answer.body?.getReader();
      await reader?.read();
      const ended = (async () => {
        while (!(await reader?.read().catch(() => ({ done: true })))?.done);
        return Date.now();
      })();
      return { reader, ended };
    };
    const revoked = await Promise.all(paths.map((path) => open(path, other)));
    const kept = await open('/admin/events', cookie);
    await send(stack.port, '/auth/logout', { method: 'POST', headers: { cookie: other } });
    const at = Date.now();
    for (const { ended } of revoked) expect((await ended) - at).toBeLessThan(20_000);
    const first = await Promise.race([kept.ended, new Promise((done) => setTimeout(done, 1_000, 'open'))]);
    expect(first).toBe('open');
    await kept.reader?.cancel();
  });

  test('a shell ends for a login or token that is revoked, and for nobody else', async () => {
    const json = { 'content-type': 'application/json' };
    const made = await stack.json<{ id: string }>(cookie, 'POST', '/pty?directory=/tmp', { cwd: '/tmp' });
    const path = `/pty/${made.body.id}/connect?directory=/tmp`;
    const token = async (name: string) =>
      (await stack.json<{ id: string; token: string }>(cookie, 'POST', '/auth/tokens', { name })).body;
    const [bearer, basic] = [await token('bearer'), await token('basic')];
    const out = await stack.login();
    const listed = await stack.login();
    const sessions = await stack.json<{ sessions: { id: string; current: boolean }[] }>(
      listed,
      'GET',
      '/auth/sessions',
    );
    const id = sessions.body.sessions.find((session) => session.current)?.id;
    const shells = await Promise.all([
      openShell(path, { cookie: out, origin: stack.url }),
      openShell(path, { cookie: listed, origin: stack.url }),
      openShell(path, { authorization: `Bearer ${bearer.token}` }),
      openShell(path, { authorization: `Basic ${btoa(`opencode:${basic.token}`)}` }),
    ]);
    const kept = await openShell(path, { cookie, origin: stack.url });
    kept.type('echo first-$((6*7))\n');
    for (const shell of [...shells, kept])
      await until('it is shown', () => shell.shown().includes('first-42'));

    await send(stack.port, '/auth/logout', { method: 'POST', headers: { cookie: out } });
    await stack.json(cookie, 'DELETE', `/auth/sessions/${id}`);
    await stack.json(cookie, 'DELETE', `/auth/tokens/${bearer.id}`);
    await stack.json(cookie, 'DELETE', `/auth/tokens/${basic.id}`);
    const at = Date.now();
    await until('the revoked are cut', () => shells.every((shell) => shell.isOver()));
    expect(Date.now() - at).toBeLessThan(20_000);
    kept.type('echo second-$((6*7))\n');
    await until('the other goes on', () => kept.shown().includes('second-42'));
    expect(kept.isOver()).toBe(false);
    for (const shell of shells) expect(shell.shown()).not.toContain('second-42');

    // Other spellings, which opencode takes, lead nowhere.
    for (const spelled of [
      '/event/',
      '//event/',
      '/EVENT//',
      '/ev%65nt/',
      '/api//event/',
      '/Global/Event/',
    ]) {
      const answer = await send(stack.port, spelled, { headers: { cookie } });
      expect(answer.status, `${spelled}: ${answer.text}`).toBe(404);
    }
    for (const spelled of [path.replace('/connect', '//connect/'), path.replace('/pty', '/PTY')]) {
      for (const upgrade of ['websocket', 'WebSocket']) {
        const answer = await send(stack.port, spelled, { headers: { cookie, ...socketHeaders, upgrade } });
        expect(answer.status, `${spelled} ${upgrade}`).toBe(404);
      }
    }
    kept.leave();
    await send(stack.port, `/pty/${made.body.id}?directory=/tmp`, {
      method: 'DELETE',
      headers: { cookie, ...json },
    });
  });

  test('only a terminal may ask for a WebSocket, and nothing else of event-relay is reached by one', async () => {
    const { token } = (
      await stack.json<{ token: string }>(cookie, 'POST', '/auth/tokens', { name: 'upgrade' })
    ).body;
    const paths = [
      '/metrics',
      '/health',
      '/openapi.json',
      '/internal/x',
      '/session',
      '/pty',
      '/pty/x',
      '/pty/a/b/connect',
    ];
    for (const credentials of [{ cookie }, { authorization: `Bearer ${token}` }]) {
      for (const path of paths) {
        const answer = await send(stack.port, path, { headers: { ...socketHeaders, ...credentials } });
        expect(answer.status, `${path}: ${answer.text.slice(0, 100)}`).toBe(404);
        expect(answer.text, path).not.toContain('ocweb_');
      }
    }
  });

  test('a capability that nobody gave out does nothing, and says nothing', async () => {
    for (const body of ['', 'x', 'A'.repeat(43), '{"capability":"x"}', '{']) {
      const answer = await send(stack.port, '/admin/notifications/act', { method: 'POST', body });
      expect([400, 410], answer.text).toContain(answer.status);
    }
    const large = await send(stack.port, '/admin/notifications/act', {
      method: 'POST',
      body: 'A'.repeat(5000),
    });
    expect(large.status).toBe(413);
  });

  test('spellings of an open path do not open it', async () => {
    for (const path of [
      '/ADMIN/health',
      '//admin/health',
      '/admin/health/',
      '/admin//health',
      '/./admin/health',
      '/auth/../admin/disk',
      '/auth/login/../../admin/disk',
      '/auth/..%2fsession',
      '/auth/login/..%2f..%2fsession',
      '/AUTH/login',
      '/admin/health%00',
      '/ocweb/icons/..%2findex.html',
    ]) {
      const answer = await send(stack.port, path);
      expect([400, 401, 404], `${path}: ${answer.status} ${answer.text}`).toContain(answer.status);
    }
  });

  test('a page asked for by a person leads to the login and back', async () => {
    const answer = await send(stack.port, '/chat/ses_1?x=1', {
      headers: { accept: 'text/html', 'sec-fetch-mode': 'navigate', 'sec-fetch-site': 'none' },
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.location).toBe('/auth/login?next=/chat/ses_1%3Fx%3D1');
  });

  test('the login never leads elsewhere', async () => {
    for (const next of [
      '//evil.example',
      '/\\evil.example',
      '/%09/evil.example',
      'https:evil.example',
      'javascript:alert(1)',
      '/\r\nx: y',
      '\\\\evil.example',
      '/%0d%0aset-cookie:a=b',
      'http://evil.example',
    ]) {
      const answer = await send(stack.port, '/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ password: stack.password, next }).toString(),
      });
      expect(answer.status, next).toBe(303);
      const target = new URL(String(answer.headers.location), 'http://ours.example');
      expect(target.host, next).toBe('ours.example');
      expect(answer.headers.location, next).not.toMatch(/^\/[/\\]|%09|%0d|\r|\n/i);
    }
  });
});

test('who has not logged in cannot make us hold much', async () => {
  for (const path of ['/auth/login', '/admin/health']) {
    const socket = connect(stack.port, '127.0.0.1');
    const answer = new Promise<string>((done, failed) => {
      socket.on('data', (data) => done(data.toString()));
      socket.on('error', failed);
      socket.setTimeout(20_000, () => failed(new Error(`${path} waits for the rest`)));
    });
    // Never finished: whoever collects it whole does not answer.
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\n${'x'.repeat(200_000)}`,
    );
    expect((await answer).split('\r\n')[0], path).toContain('413');
    socket.destroy();
  }
});

describe('with a session', () => {
  const forged = {
    'x-forwarded-method': 'GET',
    'x-forwarded-uri': '/admin/health',
    'x-forwarded-host': 'evil.example',
    'x-forwarded-user': 'root',
    'x-original-uri': '/admin/health',
    'remote-user': 'root',
    'x-ocweb-session': 'forged',
  };

  test('forged headers open nothing', async () => {
    for (const path of ['/admin/disk', '/session', '/']) {
      expect((await send(stack.port, path, { headers: forged })).status, path).toBe(401);
    }
  });

  test("another site's requests are refused, whatever they forge", async () => {
    const hostile: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { origin: 'https://evil.example', ...forged },
    ];
    for (const headers of hostile) {
      for (const [method, path] of [
        ['POST', '/admin/gc'],
        ['POST', '/session'],
        ['PUT', '/auth/openrouter'],
        ['DELETE', '/auth/sessions'],
        ['POST', '/auth/logout'],
      ] as const) {
        const answer = await send(stack.port, path, {
          method,
          headers: { cookie, 'content-type': 'application/json', ...headers },
          body: '{}',
        });
        expect(answer.status, `${method} ${path} ${JSON.stringify(headers)}: ${answer.text}`).toBe(403);
      }
    }
    expect((await stack.json(cookie, 'GET', '/admin/services')).status).toBe(200);
  });

  test('a header that auth decides by cannot be dropped on the way', async () => {
    for (const connection of ['close, Origin, Sec-Fetch-Site', 'Cookie', 'keep-alive, X-Real-IP']) {
      const answer = await send(stack.port, '/admin/gc', {
        method: 'POST',
        headers: { cookie, connection, origin: 'https://evil.example', 'content-type': 'application/json' },
        body: '{"dry_run":true}',
      });
      expect(answer.status, connection).toBe(400);
    }
    const harmless = await send(stack.port, '/admin/services', {
      headers: { cookie, connection: 'Keep-Alive, TE', te: 'trailers' },
    });
    expect(harmless.status).toBe(200);
  });

  test("another site's WebSocket is refused, and a host that is not ours", async () => {
    expect(
      (
        await send(stack.port, '/pty/x/connect', {
          headers: { cookie, ...socketHeaders, origin: 'https://evil.example' },
        })
      ).status,
    ).toBe(403);
    expect((await send(stack.port, '/session', { headers: { cookie, host: 'evil.example' } })).status).toBe(
      421,
    );
    expect((await send(stack.port, '/auth/login', { headers: { host: 'evil.example' } })).status).toBe(421);
  });

  test('bad bodies are answered by problem documents', async () => {
    const post = (path: string, body: string) =>
      send(stack.port, path, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body,
      });
    const cases: [Answer, number][] = [
      [await post('/admin/repos/clone', '{'), 400],
      [await post('/admin/repos/clone', '{"repo":7}'), 422],
      [await post('/admin/repos/clone', JSON.stringify({ repo: 'x'.repeat(5 << 20) })), 413],
      [await post('/admin/nothing', '{}'), 404],
      [await post('/admin', '{}'), 404],
    ];
    for (const [answer, status] of cases) {
      expect(answer.status, answer.text).toBe(status);
      expect(answer.headers['content-type']).toBe('application/problem+json');
      expect(JSON.parse(answer.text).detail).toBeTruthy();
    }
  });

  test('names that are no names are refused and change nothing, on every route that takes one', async () => {
    const chat = await stack.begin(cookie, 'say: here');
    await stack.reaches(cookie, chat);
    const state = async () => ({
      files: (await readdir(join(stack.folder, 'data/projects'), { recursive: true }))
        // Our own reading may begin or end meanwhile; what git itself has in hand is not the request's.
        .filter((path) => !path.endsWith('.lock'))
        .sort(),
      chats: (await stack.json(cookie, 'GET', '/admin/chats')).body,
      worktrees: (await stack.json(cookie, 'GET', '/admin/worktrees')).body,
      repos: (await stack.json(cookie, 'GET', '/admin/repos')).body,
      rules: (await stack.json(cookie, 'GET', '/admin/push-rules/demo/hello-web')).body,
    });
    const before = await state();
    const { body: document } = await stack.json<Document>(cookie, 'GET', '/admin/openapi.json');
    const left = attempts(document, chat);
    expect(left.length).toBeGreaterThan(300);
    const complaints: string[] = [];
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let next = left.pop(); next; next = left.pop()) {
          const { method, path, body } = next;
          const headers = { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) };
          const wrong = complaint(await send(stack.port, path, { method, headers, body }));
          if (wrong)
            complaints.push(`${method} ${path.slice(0, 200)} ${body?.slice(0, 200) ?? ''}: ${wrong}`);
        }
      }),
    );
    expect(complaints).toEqual([]);
    for (const pid of ['0', '1', '-1', String(process.pid), '2147483648', '99999999999999', 'x']) {
      const answer = await stack.json(cookie, 'POST', `/admin/processes/${pid}/kill`, { start_time: 1 });
      expect([400, 403, 404, 409, 422], pid).toContain(answer.status);
    }
    expect(await state()).toEqual(before);
  });

  test('answers carry the security headers, and each kind its cache rule', async () => {
    const page = await send(stack.port, '/', { headers: { cookie, accept: 'text/html' } });
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    expect(page.headers['content-security-policy']).not.toContain('unsafe-inline');
    expect(page.headers['cache-control']).toBe('no-cache');
    for (const name of ['x-content-type-options', 'x-frame-options', 'referrer-policy'])
      expect(page.headers[name], name).toBeTruthy();
    expect(page.headers.server).toBeUndefined();
    const error = await send(stack.port, '/admin/nothing', { headers: { cookie } });
    for (const name of ['content-security-policy', 'x-content-type-options', 'x-frame-options'])
      expect(error.headers[name], name).toBeTruthy();
    expect(error.headers.server).toBeUndefined();
    const asset = /\/ocweb\/assets\/[^"]+\.js/.exec(page.text)?.[0];
    expect(asset).toBeTruthy();
    const script = await send(stack.port, String(asset), { headers: { cookie, 'accept-encoding': 'gzip' } });
    expect(script.status).toBe(200);
    expect(script.headers['cache-control']).toContain('immutable');
    expect(script.headers['content-encoding']).toBe('gzip');
    expect((await send(stack.port, '/ocweb/manifest.webmanifest')).status).toBe(200);
  });

  test('events pass at once and uncompressed', async () => {
    const first = await new Promise<string>((done, failed) => {
      const stream = fetch(`${stack.url}/global/event`, {
        headers: { cookie, 'accept-encoding': 'gzip, br, zstd' },
        signal: AbortSignal.timeout(20_000),
      });
      stream.then(async (response) => {
        expect(response.headers.get('content-type')).toContain('text/event-stream');
        const { value } = (await response.body?.getReader().read()) ?? {};
        done(new TextDecoder().decode(value));
      }, failed);
    });
    expect(first).toContain('server.connected');
  });
});

test('each device can be logged out by itself, and all at once', async () => {
  const one = await stack.login();
  const two = await stack.login();
  const { body } = await stack.json<{ sessions: { id: string; current: boolean }[] }>(
    one,
    'GET',
    '/auth/sessions',
  );
  const current = body.sessions.find((session) => session.current);
  expect((await stack.json(two, 'DELETE', `/auth/sessions/${current?.id}`)).status).toBe(204);
  expect((await stack.json(one, 'GET', '/admin/services')).status).toBe(401);
  expect((await stack.json(two, 'DELETE', '/auth/sessions')).status).toBe(204);
  expect((await stack.json(two, 'GET', '/admin/services')).status).toBe(401);
  cookie = await stack.login();
});

// Last: it makes this address wait.
test('guessing is slowed down, and forging the address does not help', async () => {
  const guess = (address: string) =>
    send(stack.port, '/auth/login', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-forwarded-for': address,
        'x-real-ip': address,
      },
      body: new URLSearchParams({ password: 'wrong', next: '/' }).toString(),
    });
  let tries = 0;
  const throttled = await until('guesses are throttled', async () => {
    tries += 1;
    const answer = await guess(`10.0.0.${tries}`);
    return answer.status === 429 && answer;
  });
  expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
  expect(tries).toBeLessThan(30);
  expect((await stack.json(cookie, 'GET', '/admin/services')).status).toBe(200);
});
