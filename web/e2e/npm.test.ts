// What comes from npm: packed, installed into an empty folder of somebody with an empty home and no network, set up and run.
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freePort, send } from './stack';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

let folder: string;
let environment: Record<string, string>;

/** Runs what was installed, as its person would. */
async function npx(...command: string[]): Promise<string> {
  const options = { cwd: join(folder, 'empty'), env: environment };
  const { stdout } = await run('npx', ['--offline', 'ocweb', ...command], options);
  return stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ocweb-npm-'));
  // Started as root, the agent is a user of its own, who has to get through to the package and the volume.
  await chmod(folder, 0o711);
  for (const name of ['packs', 'empty', 'home']) await mkdir(join(folder, name));
  // Packing the 240 MB of the real two takes a minute; they are started all the same.
  const others: Record<string, string> = {};
  for (const name of ['opencode', 'caddy']) {
    const file = join(folder, name);
    await writeFile(file, `#!/bin/sh\nexec "${join(root, '.tools', name)}" "$@"\n`);
    others[`OCWEB_${name.toUpperCase()}_BIN`] = file;
  }
  await run(join(root, 'deploy/npm/pack'), [join(folder, 'packs')], { env: { ...process.env, ...others } });
  environment = {
    PATH: process.env.PATH ?? '',
    HOME: join(folder, 'home'),
    NPM_CONFIG_UPDATE_NOTIFIER: 'false',
    OCWEB_CONFIG: join(folder, 'config.jsonc'),
    OCWEB_DATA: join(folder, 'data'),
    OCWEB_PORT: String(await freePort()),
    AUTH_PASSWORD: 'a long enough password',
  };
  const packs = (await readdir(join(folder, 'packs'))).map((name) => join(folder, 'packs', name));
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...packs], {
    cwd: join(folder, 'empty'),
    env: environment,
  });
}, 600_000);
afterAll(async () => {
  await npx('stop').catch(() => 'nothing runs');
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

test('it is set up and started without a question, serves the login, and stops', async () => {
  expect(await npx('--version')).toMatch(/^ocweb \d+\.\d+\.\d+/);
  expect(await npx('setup', '--yes', '--save', '--start')).toContain(`:${environment.OCWEB_PORT}`);
  expect(JSON.parse(await npx('status', '--json'))).toMatchObject({ healthy: true });
  const port = Number(environment.OCWEB_PORT);
  expect(await send(port, '/auth/login')).toMatchObject({
    status: 200,
    text: expect.stringContaining('password'),
  });
  await npx('stop');
  await expect(npx('status')).rejects.toMatchObject({ code: 4 });
});
