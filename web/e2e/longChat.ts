// A long conversation without waiting for a model: written as opencode exports it, and read in by opencode itself.
import { execFile } from 'node:child_process';
import { stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Stack } from './stack';

const opencode = resolve(import.meta.dirname, '../../.tools/opencode');
const words = ['river', 'stone', 'cloud', 'lantern', 'meadow', 'harbor', 'violet'];
const model = { providerID: 'demo', modelID: 'demo' };
const tokens = { input: 2000, output: 100, reasoning: 0, cache: { read: 0, write: 0 } };
const minute = 60_000;

interface Session {
  id: string;
  directory: string;
  projectID: string;
}

/** Fills a chat with so many messages, one a minute until now: prompts, commands, edits and answers in turn. */
export async function fill(stack: Pick<Stack, 'folder'>, session: Session, count: number): Promise<void> {
  const begin = Date.now() - count * minute;
  const messages = Array.from({ length: count }, (_, index) => message(session, index, begin));
  const info = {
    ...session,
    slug: 'long',
    title: 'A long chat',
    version: '0.0.0',
    time: { created: begin, updated: Date.now() },
  };
  const file = join(stack.folder, 'long.json');
  await writeFile(file, JSON.stringify({ info, messages }));
  const state = join(stack.folder, 'data/opencode-state');
  // As whoever opencode runs, which must be able to write what this makes.
  const { uid, gid } = await stat(state);
  await promisify(execFile)(opencode, ['import', file], {
    uid,
    gid,
    cwd: session.directory,
    env: {
      PATH: process.env.PATH,
      HOME: join(state, 'home'),
      XDG_DATA_HOME: join(state, 'data'),
      XDG_CONFIG_HOME: join(state, 'config'),
      XDG_STATE_HOME: join(state, 'state'),
      XDG_CACHE_HOME: join(state, 'cache'),
    },
  });
}

function message({ id: sessionID, directory }: Session, index: number, begin: number) {
  const created = begin + index * minute;
  const id = identifier('msg', created, 0);
  const parts = content(index, directory, created).map((part, at) => ({
    id: identifier('prt', created, at),
    sessionID,
    messageID: id,
    ...part,
  }));
  const common = { id, sessionID, agent: 'build' };
  if (index % 4 === 0) return { info: { ...common, role: 'user', time: { created }, model }, parts };
  const info = {
    ...common,
    ...model,
    role: 'assistant',
    time: { created, completed: created + 3_000 },
    parentID: identifier('msg', begin + (index - (index % 4)) * minute, 0),
    mode: 'build',
    path: { cwd: directory, root: directory },
    cost: 0.001,
    tokens,
    finish: index % 4 === 3 ? 'stop' : 'tool-calls',
  };
  return { info, parts };
}

function content(index: number, directory: string, start: number): object[] {
  const time = { start, end: start + 900 };
  const output = Array.from({ length: 12 }, (_, line) => `-rw-r--r-- file${line} of ${index}`).join('\n');
  const diff = `--- a\n+++ b\n@@ -1,3 +1,4 @@\n same\n-old ${index}\n+new ${index}\n+more\n same\n`;
  const done = { status: 'completed', time };
  switch (index % 4) {
    case 0:
      return [{ type: 'text', text: `Prompt number ${index}: ${say(index, 12)}` }];
    case 1: {
      const state = {
        ...done,
        input: { command: `ls -l ${index}` },
        output,
        title: 'ls',
        metadata: { output },
      };
      return [{ type: 'tool', callID: `call_${index}`, tool: 'bash', state }];
    }
    case 2: {
      const input = { filePath: join(directory, 'README.md'), oldString: 'a', newString: 'b' };
      const state = { ...done, input, output: 'ok', title: 'README.md', metadata: { diff } };
      return [{ type: 'tool', callID: `call_${index}`, tool: 'edit', state }];
    }
    default: {
      const code = `\`\`\`ts\nconst answer = ${index};\n\`\`\``;
      const text = `Answer number ${index}\n\n${say(index, 60)}\n\n- one\n- \`two\`\n\n${code}\n\n${say(index, 20)}`;
      return [{ type: 'text', text, time }];
    }
  }
}

function say(seed: number, count: number): string {
  return Array.from({ length: count }, (_, at) => `${words[(seed + at * 3) % words.length]}${at}`).join(' ');
}

/** Ids as opencode's own: 12 hex digits of the time, then what makes them unique. */
function identifier(kind: 'msg' | 'prt', time: number, count: number): string {
  const digits = ((BigInt(time) * 4096n + BigInt(count)) & 0xffffffffffffn).toString(16).padStart(12, '0');
  return `${kind}_${digits}${String(count).padStart(14, '0')}`;
}
