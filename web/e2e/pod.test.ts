// The whole stack as the pod of deploy/kubernetes: one user without any privilege, a root that cannot be written to, data on one volume
// and working copies on another.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { containerOf, podOfManifest, whyNot } from './pod';
import { builds, Stack, send, until } from './stack';

const reason = whyNot();
// Where only root can try it, leaving it out must be told from passing.
if (reason && process.env.OCWEB_TEST_AS_ROOT) throw new Error(`OCWEB_TEST_AS_ROOT is set, but ${reason}`);
if (reason) process.stderr.write(`LEFT OUT: the pod, as ${reason}\n`);
const pod = podOfManifest();
let stack: Stack;
afterAll(() => stack?.remove());

/** What all three probes ask. */
function isDoorOpen(): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect(stack.port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      done(true);
    });
    socket.on('error', () => done(false));
  });
}

test.skipIf(reason)(
  'a chat from its beginning to its diff, with what the manifest gives and nothing else',
  async () => {
    stack = await Stack.start({
      catalogue: true,
      container: (folder) =>
        containerOf(pod, folder, { programs: builds.OCWEB_BIN_DIR, page: builds.OCWEB_WEB_DIR }),
      environment: {
        ...pod.environment,
        // The image's.
        OCWEB_DATA: '/vol',
        OCWEB_HOST: '0.0.0.0',
        OCWEB_BIN_DIR: '',
        OCWEB_WEB_DIR: '',
        HOME: '/vol/opencode-state/home',
      },
    });
    const cookie = await stack.login();
    const chat = await stack.begin(cookie, 'write notes.md: hello');
    const view = await stack.reaches(cookie, chat);
    expect(view.directory).toMatch(/^\/vol\/projects\/worktrees\//);
    expect(readdirSync(join(stack.folder, 'workspaces/worktrees'))).toHaveLength(1);
    // The volume of the data has the place where the other is mounted, and nothing in it.
    expect(readdirSync(join(stack.folder, 'data/projects'))).toEqual([]);
    expect(existsSync(join(stack.folder, 'data/opencode-state'))).toBe(true);
  },
);

test.skipIf(reason)(
  'while opencode restarts the door stays open, and the health says what is missing',
  async () => {
    const cookie = await stack.login();
    const opencode = (await stack.services(cookie)).get('opencode');
    process.kill(Number(opencode?.pid), 'SIGKILL');
    await until('the health says so', async () => (await send(stack.port, '/admin/health')).status === 503);
    expect(await isDoorOpen()).toBe(true);
    await until('all is well again', async () => (await send(stack.port, '/admin/health')).status === 200);
  },
);

test.skipIf(reason)('it ends within its grace period, and goes on with its volumes', async () => {
  expect(await stack.stop()).toBeLessThan(pod.graceSeconds * 1000);
  expect(await isDoorOpen()).toBe(false);
  await stack.launch();
  const cookie = await stack.login();
  const { body } = await stack.json<{ chats: unknown[] }>(cookie, 'GET', '/admin/chats');
  expect(body.chats).toHaveLength(1);
});

test.skipIf(reason)(
  'a backup on the volume of the workspaces comes back over data that was used',
  async () => {
    const cookie = await stack.login();
    const [opencode] = [(await stack.services(cookie)).get('opencode')];
    // As `kubectl exec` does it.
    const into = [
      '--target',
      String(opencode?.pid),
      '--mount',
      `--root=/proc/${opencode?.pid}/root`,
      '--wd=/',
    ];
    const asUser = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups'];
    const environment = {
      PATH: process.env.PATH,
      HOME: '/vol/opencode-state/home',
      OCWEB_DATA: '/vol',
      OCWEB_CONFIG: pod.environment.OCWEB_CONFIG,
    };
    const ocweb = '/opt/ocweb/libexec/ocweb';
    execFileSync('nsenter', [...into, ...asUser, ocweb, 'backup', '--to', '/vol/projects/backups'], {
      env: environment,
    });
    const [name] = readdirSync(join(stack.folder, 'workspaces/backups'));
    await stack.stop();
    // The place of the other volume stays as the runtime made it: the job's user cannot move it.
    expect(statSync(join(stack.folder, 'data/projects')).uid).toBe(0);
    rmSync(join(stack.folder, 'workspaces/repos'), { recursive: true });
    rmSync(join(stack.folder, 'workspaces/worktrees'), { recursive: true });

    // The job of the chart has the volumes in other places than the server.
    const mounts = new Map([...pod.mounts, ['workspaces', '/workspaces']]);
    const job = containerOf({ ...pod, mounts }, stack.folder, {
      programs: builds.OCWEB_BIN_DIR,
      page: builds.OCWEB_WEB_DIR,
    });
    const [program = '', ...args] = [...job, ocweb, 'restore', '--move-aside', `/workspaces/backups/${name}`];
    execFileSync(program, args, { env: environment });
    await stack.launch();
    const again = await stack.login();
    const { body } = await stack.json<{ chats: { id: string }[] }>(again, 'GET', '/admin/chats');
    expect(body.chats).toHaveLength(1);
    // How clones and working copies come back, backup.test.ts sees.
  },
);
