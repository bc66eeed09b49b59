// `ocweb update opencode` beside an ocweb that runs: one that breaks a fact is refused, a good one is switched to, and one that
// does not come up is taken back. Each is the real opencode under a version of its own, so nothing is got from anywhere.
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builds, Stack } from './stack';

const root = resolve(import.meta.dirname, '../..');
const [old, spoiled, good] = ['0.0.1', '0.0.2', '0.0.3'];
/** What the contract is asked for: the whole of it takes minutes, and is tried by its own crate's tests. */
const facts = ['health', 'password', 'session-id', 'shell-program', 'models'];
const patience = 300_000;

let tools: string;
let stack: Stack;
let cookie: string;
let chat: string;

/** Puts a version beside the others: a shell script, for which `real` is the real one. */
async function put(version: string, script: string): Promise<void> {
  const real = await realpath(join(root, '.tools/opencode'));
  const file = join(tools, `opencode-${version}`);
  await writeFile(
    file,
    `#!/bin/sh\nreal='${real}'\n[ "$1" = --version ] && echo ${version} && exit\n${script}\n`,
  );
  await chmod(file, 0o755);
}

/** A folder with the programs, in which the contract is those facts only. */
async function programs(): Promise<string> {
  const folder = join(tools, 'programs');
  await mkdir(folder);
  for (const name of await readdir(builds.OCWEB_BIN_DIR)) {
    if (/^ocweb(-[a-z-]+)?$/.test(name)) await symlink(join(builds.OCWEB_BIN_DIR, name), join(folder, name));
  }
  const contract = join(folder, 'ocweb-contract');
  await rm(contract);
  // A copy: the user that tries has to get through to it.
  await copyFile(join(builds.OCWEB_BIN_DIR, 'ocweb-contract'), join(folder, 'whole-contract'));
  await writeFile(contract, `#!/bin/sh\nexec '${folder}/whole-contract' "$@" ${facts.join(' ')}\n`);
  await chmod(contract, 0o755);
  return folder;
}

const inUse = () => readlink(join(tools, 'opencode'));

/** The process of the opencode that runs. */
async function opencode(): Promise<number> {
  const service = (await stack.services(cookie)).get('opencode');
  expect(service).toMatchObject({ state: 'running' });
  return Number(service?.pid);
}

/** The chat that was begun with the old one answers, whichever it is now. */
async function theChatAnswers(): Promise<void> {
  await stack.say(cookie, chat, 'say 3 words');
  await stack.reaches(cookie, chat);
}

beforeAll(async () => {
  tools = await mkdtemp(join(tmpdir(), 'ocweb-tools-'));
  // Started as root, the agent is a user of its own, who has to get through to its program.
  await chmod(tools, 0o711);
  await put(old, 'exec "$real" "$@"');
  await symlink(`opencode-${old}`, join(tools, 'opencode'));
  stack = await Stack.start({
    environment: { OCWEB_OPENCODE_BIN: join(tools, 'opencode'), OCWEB_BIN_DIR: await programs() },
  });
  cookie = await stack.login();
  chat = await stack.begin(cookie, 'say 3 words');
  await stack.reaches(cookie, chat);
});
afterAll(async () => {
  await stack?.remove();
  await rm(tools, { recursive: true, force: true });
});

test(
  'one that breaks a fact is refused by the name of the fact, and the old one goes on',
  async () => {
    const before = await opencode();
    await put(spoiled, 'export SHELL=/bin/bash\nexec "$real" "$@"');
    const refused = await stack.command(['update', 'opencode', spoiled]);
    expect(refused).toMatchObject({ code: 1, out: '' });
    expect(refused.err).toContain('This opencode breaks what ocweb relies on (docs/opencode.md):\n');
    expect(refused.err).toContain('  shell-program: expected ');
    expect(await inUse()).toBe(`opencode-${old}`);
    expect(await readdir(tools), 'it takes no place').not.toContain(`opencode-${spoiled}`);
    expect(await opencode(), 'it was not even restarted').toBe(before);
    await theChatAnswers();
  },
  patience,
);

test(
  'one that keeps all is switched to, and the chats are there',
  async () => {
    const before = await opencode();
    await put(good, 'exec "$real" "$@"');
    const switched = await stack.command(['update', 'opencode', good]);
    expect(switched, switched.err).toMatchObject({ code: 0, out: '' });
    expect(switched.err).toContain(
      `opencode ${good} runs. Back to the one before: ocweb update opencode --back`,
    );
    expect(await inUse()).toBe(`opencode-${good}`);
    expect(await opencode()).not.toBe(before);
    const copies = await readdir(join(stack.folder, 'data/opencode-state/before'));
    expect(copies).toEqual([`opencode-${old}.db`]);
    await theChatAnswers();
  },
  patience,
);

test(
  'one that does not come up on what is here is taken back, and a person goes back to one that does',
  async () => {
    // The one from before, which was tried once, has gone bad.
    await put(old, `case "$1:$XDG_DATA_HOME" in serve:*/opencode-state/*) exit 1 ;; esac\nexec "$real" "$@"`);
    const failed = await stack.command(['update', 'opencode', '--back']);
    expect(failed).toMatchObject({ code: 1, out: '' });
    expect(failed.err).toContain('It did not come up');
    expect(failed.err).toContain('The opencode from before is in use again.');
    expect(await inUse()).toBe(`opencode-${good}`);
    await theChatAnswers();
    await put(old, 'exec "$real" "$@"');
    const back = await stack.command(['update', 'opencode', '--back', '--json']);
    expect(JSON.parse(back.out)).toEqual({ name: 'opencode', version: old, running: true });
    await theChatAnswers();
  },
  patience,
);
