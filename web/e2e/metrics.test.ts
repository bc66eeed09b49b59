// What Prometheus is told of a real ocweb in which a chat has run, and that what is made for Prometheus and Grafana asks for
// nothing else.
import { spawnSync } from 'node:child_process';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stack, send, until } from './stack';

const root = resolve(import.meta.dirname, '../..');
let stack: Stack;
let cookie: string;

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
});
afterAll(() => stack?.remove());

async function scrape(): Promise<string> {
  const answer = await send(stack.port, '/admin/metrics', { headers: { cookie } });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers['content-type']).toContain('text/plain; version=0.0.4');
  return answer.text;
}

/** The values of a name, by what stands between its braces. */
function values(text: string, name: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(name.length, at), Number(line.slice(at + 1))];
    }),
  );
}

function sum(text: string, name: string, label = ''): number {
  const of = [...values(text, name)].filter(([labels]) => labels.includes(label));
  return of.reduce((all, [, value]) => all + value, 0);
}

/** Every name of ours in a text, those of histograms without their ends. */
function names(text: string): Set<string> {
  const found = text.match(/\bocweb_[a-z0-9_]+/g) ?? [];
  return new Set(found.map((name) => name.replace(/(_seconds)_(bucket|sum|count)$/, '$1')));
}

test('nobody reads the metrics without a login or a token', async () => {
  expect((await send(stack.port, '/admin/metrics')).status).toBe(401);
});

test('a chat that ran shows in a scrape, and every query finds what it asks for', async () => {
  const { body: token } = await stack.json<{ token: string }>(cookie, 'POST', '/auth/tokens', {
    name: 'prometheus',
    scope: 'metrics',
  });
  const authorization = `Bearer ${token.token}`;
  await stack.json(cookie, 'GET', '/admin/repos/github');
  const chat = await stack.begin(cookie, 'say: counted');
  await stack.reaches(cookie, chat);
  const asking = await stack.begin(cookie, 'ask: Which one? | this | that');
  await stack.reaches(cookie, asking, ['needs_you']);
  // Something that ended, and a backup that did not work.
  const services = await stack.json<{ services: { name: string; pid: number }[] }>(
    cookie,
    'GET',
    '/admin/services',
  );
  process.kill(Number(services.body.services.find(({ name }) => name === 'notifier')?.pid), 'SIGKILL');
  const backup = join(stack.folder, 'data/ocweb/supervisor/backup');
  await mkdir(backup, { recursive: true });
  const at = new Date().toISOString();
  await writeFile(
    join(backup, 'last.json'),
    JSON.stringify({ last_success_at: at, size_bytes: 1, failed_at: at }),
  );

  const text = await until('everything that is told is there', async () => {
    const told = await scrape();
    const restarted = sum(told, 'ocweb_restarts_total', '"notifier"') === 1;
    const silent = [...values(told, 'ocweb_scrape_success').values()].includes(0);
    return (
      restarted &&
      !silent &&
      sum(told, 'ocweb_up') === 8 &&
      sum(told, 'ocweb_disk_used_bytes', '"worktrees"') > 0 &&
      told
    );
  });

  for (const service of ['opencode', 'caddy', 'auth', 'git-manager', 'event-relay', 'supervisor'])
    expect(sum(text, 'ocweb_memory_resident_bytes', `"${service}"`), service).toBeGreaterThan(1 << 20);
  expect(sum(text, 'ocweb_chats', '"unread"')).toBe(1);
  expect(sum(text, 'ocweb_chats', '"needs_you"')).toBe(1);
  expect(sum(text, 'ocweb_requests_waiting', '"question"')).toBe(1);
  expect(sum(text, 'ocweb_opencode_connected')).toBe(1);
  expect(sum(text, 'ocweb_opencode_sessions')).toBeGreaterThanOrEqual(2);
  expect(sum(text, 'ocweb_opencode_calls_total', 'outcome="answered"')).toBeGreaterThan(0);
  expect(sum(text, 'ocweb_model_answers_total', 'outcome="complete"')).toBeGreaterThanOrEqual(1);
  expect(sum(text, 'ocweb_model_tokens_total', 'kind="output"')).toBeGreaterThan(0);
  expect(sum(text, 'ocweb_clone_jobs_total', '"made"')).toBe(1);
  expect(sum(text, 'ocweb_git_requests_total', 'kind="fetch",outcome="passed"')).toBeGreaterThanOrEqual(1);
  expect(sum(text, 'ocweb_logins_total', '"accepted"')).toBe(1);
  expect(sum(text, 'ocweb_http_requests_total', 'route="/auth/check",status="4xx"')).toBeGreaterThanOrEqual(
    1,
  );
  expect(sum(text, 'ocweb_http_requests_total', 'route="/admin/chats"')).toBeGreaterThanOrEqual(1);
  // Cost and tokens are kept. The demo's models have prices.
  expect(sum(text, 'ocweb_model_cost_dollars_total', 'model="demo"')).toBeGreaterThan(0);
  // Neither names nor secrets.
  for (const never of ['hello-web', chat, stack.folder, stack.password, token.token])
    expect(text).not.toContain(never);

  const queried = await Promise.all(
    ['alerts.yml', 'grafana-dashboard.json'].map((file) =>
      readFile(join(root, 'deploy/monitoring', file), 'utf8'),
    ),
  );
  const told = names(text);
  for (const name of names(queried.join('\n'))) expect(told, `${name} is asked for`).toContain(name);
  const described = names(await readFile(join(root, 'docs/metrics.md'), 'utf8'));
  expect([...described].sort()).toEqual([...told].sort());

  const promtool = join(root, '.tools/promtool/usr/bin/promtool');
  if (
    await access(promtool).then(
      () => true,
      () => false,
    )
  ) {
    const checked = spawnSync(promtool, ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect(checked.stderr + checked.stdout).toBe('');
  }

  // A token of the scope has this address, and no other.
  expect((await send(stack.port, '/admin/metrics', { headers: { authorization } })).status).toBe(200);
  expect((await send(stack.port, '/admin/services', { headers: { authorization } })).status).toBe(403);
});

test('what pages ask of opencode itself is counted and timed as its own, streams aside, and in no log', async () => {
  const asked = async () => {
    const text = await scrape();
    const of = (name: string, labels: string) => sum(text, name, `service="opencode",${labels}`);
    return {
      got: of('ocweb_http_requests_total', 'method="GET",route="*",status="2xx"'),
      refused: of('ocweb_http_requests_total', 'method="DELETE",route="*",status="4xx"'),
      timed: of('ocweb_http_request_duration_seconds_count', ''),
    };
  };
  const ask = (method: string, path: string) =>
    send(stack.port, `${path}?of=nobodys-business`, { method, headers: { cookie } });
  const before = await asked();
  const leaving = new AbortController();
  const stream = await fetch(`${stack.url}/global/event`, { headers: { cookie }, signal: leaving.signal });
  expect(stream.status).toBe(200);
  for (const path of ['/global/health', '/path', '/session'])
    expect((await ask('GET', path)).status, path).toBe(200);
  expect((await ask('DELETE', '/session/ses_unknown')).status).toBe(404);
  leaving.abort();
  const after = await until('four more are timed', async () => {
    const now = await asked();
    return now.timed >= before.timed + 4 && now;
  });
  expect(after).toEqual({ got: before.got + 3, refused: before.refused + 1, timed: before.timed + 4 });
  expect(stack.log).not.toContain('http.log.access');
  expect(`${stack.log}${await scrape()}`).not.toContain('nobodys-business');
});
