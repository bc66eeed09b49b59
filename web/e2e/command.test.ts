// The `ocweb` command beside an ocweb that runs: it finds it, tells how it is, and restarts and stops it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Stack, until } from './stack';

let stack: Stack;

beforeAll(async () => {
  stack = await Stack.start();
});
afterAll(() => stack?.remove());

test('status tells of every process, to people and to programs', async () => {
  const told = await stack.command(['status']);
  expect(told).toMatchObject({ code: 0, err: '' });
  for (const name of ['opencode', 'auth', 'caddy'])
    expect(told.out).toMatch(new RegExp(`^${name} +running`, 'm'));
  const status = JSON.parse((await stack.command(['status', '--json'])).out);
  expect(status).toMatchObject({
    healthy: true,
    instance: { opencode_version: expect.stringMatching(/^\d+\.\d+\.\d+$/) },
  });
  expect(await stack.command(['--quiet', 'status'])).toEqual({ code: 0, out: '', err: '' });
});

test('a process is restarted by its name, and its log is there', async () => {
  const restarted = await stack.command(['restart', 'opencode']);
  expect(restarted).toEqual({ code: 0, out: '', err: 'opencode is running again.\n' });
  const { services } = JSON.parse((await stack.command(['status', '--json'])).out);
  expect(services[0]).toMatchObject({ name: 'opencode', state: 'running', restarts: 1 });
  const log = await stack.command(['logs', 'supervisor']);
  expect(log.out).toMatch(/a restart was asked for name=opencode/);
  expect((await stack.command(['restart', 'nobody'])).code).toBe(2);
});

test('one that runs is not started again', async () => {
  const second = await stack.command(['start']);
  expect(second).toMatchObject({ code: 1, out: '' });
  expect(second.err).toMatch(/^ocweb: ocweb runs already, as process \d+\./);
});

/** The causes that the doctor finds. */
async function found(): Promise<string[]> {
  const { findings } = JSON.parse((await stack.command(['doctor', '--json'])).out);
  return findings.map(({ cause }: { cause: string }) => cause);
}

test('the doctor asks every service, and finds what is there to be found', async () => {
  const well = await until('opencode is seen to be back', async () => {
    const causes = await found();
    return causes.includes('opencode-down') ? null : causes;
  });
  // The demo has a token and a provider, and nobody has allowed notifications.
  expect(well).toContain('no-channel');
  for (const cause of ['not-running', 'process-down', 'no-token', 'no-provider', 'github']) {
    expect(well).not.toContain(cause);
  }
});

test('it is stopped, started in the background, restarted as a whole and stopped', async () => {
  expect((await stack.command(['stop'])).code).toBe(0);
  expect(await stack.command(['status'])).toMatchObject({ code: 4, out: '' });
  expect(await found()).toContain('not-running');
  const started = await stack.command(['start', '--background']);
  expect(started.out, started.err).toContain(`http://localhost:${stack.port}`);
  const before = JSON.parse((await stack.command(['status', '--json'])).out);
  expect((await stack.command(['restart'])).code).toBe(0);
  const after = JSON.parse((await stack.command(['status', '--json'])).out);
  expect(after.pid).not.toBe(before.pid);
  expect((await stack.command(['stop'])).code).toBe(0);
  expect((await stack.command(['logs', '-n', '1'])).out, 'the log outlives it').toMatch(/all stopped/);
});
