// Starts the whole of ocweb as a user would: the demo world, the real opencode and Caddy, every service.
// Each stack has its own ports and folder, and is ended by the pid that was started here.

import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt, randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ChatView } from '../src/shared/api/relay';
import { PATIENCE } from './bars';

const root = resolve(import.meta.dirname, '../..');

/** What is tried: what `bin/build` made, or another build. */
export const builds = {
  OCWEB_BIN_DIR: process.env.OCWEB_BIN_DIR ?? join(root, 'target/release'),
  OCWEB_WEB_DIR: process.env.OCWEB_WEB_DIR ?? join(root, 'web/dist'),
};

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Service {
  name: string;
  pid: number | null;
  state: string;
  restarts: number;
  memory_bytes: number | null;
  last_exit: { code: number | null; signal: number | null; message: string | null } | null;
}

export interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | undefined;
}

/** Waits until `condition` answers something truthy; says what it waited for when it does not within `PATIENCE`. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | false | null | undefined> | T | false,
): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  let last: unknown;
  while (Date.now() < deadline) {
    const look = Date.now();
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    // Longer than it looked, so that who is asked gets to its work.
    const rest = Math.max(50, 3 * (Date.now() - look));
    await new Promise((done) => setTimeout(done, Math.min(rest, 1000)));
  }
  throw new Error(`waited ${PATIENCE} ms in vain until ${what}${last ? ` (${last})` : ''}`);
}

const given = new Set<number>();

/**
 * A port for somebody who opens it later. It lies below those that the system gives to whoever asks for any, and below those
 * that a stack's supervisor draws from, so that nobody else has it by then; and above the last that browsers refuse, 10080.
 */
export async function freePort(): Promise<number> {
  const port = randomInt(10_081, 20_000);
  if (given.has(port)) return freePort();
  given.add(port);
  const isFree = await new Promise<boolean>((done) => {
    const server = createServer();
    server.on('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
  return isFree ? port : freePort();
}

/** One request exactly as given: unlike fetch, node's client leaves the path alone. */
export function send(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((done, failed) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: options.headers,
        agent: false,
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', failed);
        response.on('end', () =>
          done({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', failed);
    // An upgrade that is granted ends here: who wants to speak on it uses a browser.
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      done({ status: response.statusCode ?? 0, headers: response.headers, text: '' });
    });
    request.setTimeout(PATIENCE, () => request.destroy(new Error(`no answer to ${path}`)));
    request.end(options.body);
  });
}

export interface StackOptions {
  /** What else the start script is given; an empty value takes a setting away. */
  environment?: Record<string, string>;
  /** Without the demo world: the real GitHub's addresses, no token, no key. */
  bare?: boolean;
  /** The volume is a small file system of its own, of so many megabytes, that can be filled. */
  volumeMegabytes?: number;
  /** opencode knows all models that there are, not only the demo's. */
  catalogue?: boolean;
  /** It runs in a container: what this gives ends in running what follows it there, as the image has it. */
  container?: (folder: string) => string[];
}

export class Stack {
  /** Another one each time: an agent that searches the machine for it must not find it in this file. */
  password = `a long enough password ${randomUUID()}`;
  private child: ChildProcess | null = null;
  private output = '';
  /** The prompt that was said last by `begin` or `say`, of each chat. */
  private readonly lastSaid = new Map<string, string>();

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly demoPort: number,
    private readonly options: StackOptions,
  ) {}

  static async start(options: StackOptions = {}): Promise<Stack> {
    const folder = await mkdtemp(join(tmpdir(), 'ocweb-e2e-'));
    // Started as root, the agent is a user of its own, who has to get through to the volume.
    await chmod(folder, 0o711);
    const stack = new Stack(folder, await freePort(), await freePort(), options);
    await writeFile(stack.noModels, '{}');
    await stack.launch();
    return stack;
  }

  private get noModels(): string {
    return join(this.folder, 'no-models.json');
  }

  get url(): string {
    return `http://localhost:${this.port}`;
  }

  get log(): string {
    return this.output;
  }

  /** The token of the demo's GitHub, which only the gateway is given. */
  async githubToken(): Promise<string> {
    const [token = ''] = (await readFile(join(this.folder, 'demo/secrets'), 'utf8')).split('\n');
    return token;
  }

  /** Starts the processes on this stack's folder, where none run; again after a stop or a kill. */
  async launch(): Promise<void> {
    if (this.isRunning()) return;
    const { container, bare } = this.options;
    const programs = container ? '/opt/ocweb/libexec' : builds.OCWEB_BIN_DIR;
    const start = [join(programs, 'ocweb'), 'start'];
    const demo = [
      join(programs, 'ocweb-demo'),
      '--root',
      container ? '/vol/demo' : join(this.folder, 'demo'),
    ];
    demo.push('--listen', `127.0.0.1:${this.demoPort}`, '--', ...start);
    const command = this.onSmallVolume(bare ? start : demo);
    const [program, ...args] = container ? [...container(this.folder), ...command] : command;
    const child = spawn(String(program), args, {
      env: this.environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
        if (process.env.OCWEB_E2E_LOG) process.stderr.write(chunk);
      });
    }
    await until('all is well', async () => {
      if (child.exitCode !== null) throw new Error(`the stack ended: ${this.output.slice(-2000)}`);
      return (await send(this.port, '/admin/health')).status === 200;
    }).catch((error: unknown) => {
      throw new Error(`${error}\n${this.output.slice(-4000)}`);
    });
  }

  /** Nothing of the machine's own environment leaks in but what finding programs needs. */
  environment(): Record<string, string> {
    return {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      OCWEB_DATA: join(this.folder, 'data'),
      // Not the developer's.
      OCWEB_CONFIG: join(this.folder, 'config.jsonc'),
      OCWEB_RUN_DIR: join(this.folder, 'run'),
      OCWEB_PORT: String(this.port),
      AUTH_PASSWORD: this.password,
      // opencode gets packages of its own at its first use: a minute of work, and of what a registry does.
      NPM_CONFIG_OFFLINE: 'true',
      OCWEB_OPENCODE_ENV: 'NPM_CONFIG_OFFLINE',
      // Nor the catalogue of all models, whose reading takes it 2 s at its start, and one more for each working copy.
      ...(this.options.catalogue ? {} : { OPENCODE_MODELS_PATH: this.noModels }),
      ...builds,
      ...this.options.environment,
    };
  }

  /** The `ocweb` command as the person types it beside this stack; `input` is what it reads. */
  command(args: string[], input = ''): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((done, failed) => {
      const child = spawn(join(builds.OCWEB_BIN_DIR, 'ocweb'), args, { env: this.environment() });
      let [out, err] = ['', ''];
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
      });
      child.stderr.on('data', (chunk: Buffer) => {
        err += chunk.toString();
      });
      child.on('error', failed);
      child.on('close', (code) => done({ code, out, err }));
      // It may end without reading.
      child.stdin.on('error', () => {});
      child.stdin.end(input);
    });
  }

  /** In a namespace of its own, an ordinary user may mount a file system too. */
  private onSmallVolume(command: string[]): string[] {
    const { volumeMegabytes } = this.options;
    if (volumeMegabytes === undefined) return command;
    const mount = `mkdir -p "$1" && mount -t tmpfs -o size=${volumeMegabytes}m none "$1" && shift && exec "$@"`;
    return [
      'unshare',
      '--map-root-user',
      '--mount',
      'sh',
      '-c',
      mount,
      'sh',
      join(this.folder, 'data'),
      ...command,
    ];
  }

  /** The volume as the processes of the stack see it. Ours hide what they have, opencode does not. */
  async volume(): Promise<string> {
    const opencode = (await this.listed()).find(({ name }) => name === 'opencode');
    return `/proc/${opencode?.pid}/root${join(this.folder, 'data')}`;
  }

  /** The processes that the supervisor wrote down. */
  private async listed(): Promise<{ name: string; pid: number; start_time: number }[]> {
    try {
      return JSON.parse(await readFile(join(this.folder, 'run/processes.json'), 'utf8'));
    } catch {
      return [];
    }
  }

  /** Logs in and answers the cookie. */
  async login(): Promise<string> {
    const answer = await send(this.port, '/auth/login', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ password: this.password, next: '/' }).toString(),
    });
    const cookie = answer.headers['set-cookie']?.[0]?.split(';')[0];
    if (answer.status !== 303 || !cookie) throw new Error(`login answered ${answer.status}: ${answer.text}`);
    return cookie;
  }

  /** A JSON call of somebody who is logged in. */
  async json<T>(
    cookie: string,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: T }> {
    const answer = await send(this.port, path, {
      method,
      headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: answer.status, body: (answer.text ? JSON.parse(answer.text) : null) as T };
  }

  /** Begins a chat, with its first prompt where one is given. Answers its id. */
  async begin(cookie: string, prompt?: string, repo = 'demo/hello-web'): Promise<string> {
    const body = { repo, ...(prompt === undefined ? {} : { prompt }) };
    const made = await this.json<{ id: string }>(cookie, 'POST', '/admin/chats', body);
    if (made.status !== 202) throw new Error(`no chat but ${made.status}: ${JSON.stringify(made.body)}`);
    // The id of its first prompt is the server's; every id comes after this.
    if (prompt !== undefined) this.lastSaid.set(made.body.id, '');
    return made.body.id;
  }

  /** Hands a prompt over, as the page does. Answers its id. */
  async say(cookie: string, chat: string, text: string): Promise<string> {
    const time = BigInt.asUintN(48, BigInt(Date.now()) * 4096n)
      .toString(16)
      .padStart(12, '0');
    const id = `msg_${time}${crypto.randomUUID().replaceAll('-', '').slice(0, 14)}`;
    const said = await this.json(cookie, 'POST', `/admin/chats/${chat}/prompts`, { id, text });
    if (said.status !== 202) throw new Error(`not taken but ${said.status}: ${JSON.stringify(said.body)}`);
    this.lastSaid.set(chat, id);
    return id;
  }

  /** A chat as the relay tells of it; undefined where it knows of none. */
  async view(cookie: string, chat: string): Promise<ChatView | undefined> {
    const { body } = await this.json<{ chats: ChatView[] }>(cookie, 'GET', '/admin/status');
    return body.chats.find(({ id }) => id === chat);
  }

  /** Makes the file that a command of the agent's waits for: `until [ -e go-on ]; do sleep 0.1; done`. */
  async letGoOn(cookie: string, chat: string): Promise<void> {
    const view = await this.view(cookie, chat);
    if (!view?.directory) throw new Error(`${chat} has no working copy`);
    await writeFile(join(view.directory, 'go-on'), '');
  }

  /**
   * Waits until nothing waits to be handed over and the chat is in one of these states: until its agent rests. What was
   * said last by `begin` or `say` is answered then: the relay may not have heard yet that it was taken in, or that its run
   * began.
   */
  async reaches(cookie: string, chat: string, states = ['unread', 'done']): Promise<ChatView> {
    let view: ChatView | undefined;
    return until(`the chat is ${states.join(' or ')}`, async () => {
      view = await this.view(cookie, chat);
      if (view?.prompts.length !== 0 || !states.includes(view.state)) return false;
      const isOver = view.state === 'unread' || view.state === 'done';
      return (!isOver || (await this.lastIsAnswered(cookie, chat))) && view;
    }).catch((error: unknown) => {
      throw new Error(`${error}: it is ${view?.state}, and ${view?.prompts.length} prompts wait`);
    });
  }

  private async lastIsAnswered(cookie: string, chat: string): Promise<boolean> {
    const last = this.lastSaid.get(chat);
    if (last === undefined) return true;
    const { body } = await this.json<{ info: { id: string; role: string; time: { completed?: number } } }[]>(
      cookie,
      'GET',
      `/session/${chat}/message`,
    );
    // The ids of messages grow with time.
    return body.some(({ info }) => info.role === 'assistant' && info.id > last && info.time.completed);
  }

  async services(cookie: string): Promise<Map<string, Service>> {
    const { body } = await this.json<{ services: Service[] }>(cookie, 'GET', '/admin/services');
    return new Map(body.services.map((service) => [service.name, service]));
  }

  /** What the tests tell the played GitHub and model, or ask them. */
  control(path: string, method = 'GET', body?: unknown): Promise<Answer> {
    return send(this.demoPort, `/control/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  /** Every process that carries this stack's mark, or that its supervisor wrote down: ours hide their environment. */
  async processes(): Promise<{ pid: number; command: string }[]> {
    const mark = `OCWEB_INSTANCE=${join(this.folder, 'run')}`;
    const found: { pid: number; command: string }[] = [];
    const listed = await this.listed();
    for (const entry of await readdir('/proc')) {
      if (!/^\d+$/.test(entry)) continue;
      try {
        const status = await readFile(`/proc/${entry}/stat`, 'utf8');
        const [state, ...fields] = status.slice(status.lastIndexOf(')') + 2).split(' ');
        const started = Number(fields[18]);
        const isListed = listed.some(
          ({ pid, start_time }) => pid === Number(entry) && start_time === started,
        );
        const environment = isListed ? '' : await readFile(`/proc/${entry}/environ`, 'utf8');
        if ((isListed || environment.split('\0').includes(mark)) && state !== 'Z') {
          found.push({
            pid: Number(entry),
            command: (await readFile(`/proc/${entry}/cmdline`, 'utf8')).replaceAll('\0', ' '),
          });
        }
      } catch {
        // It ended while we looked, or is not ours to read.
      }
    }
    return found;
  }

  /** The supervisor: the parent of every service. */
  async supervisorPid(): Promise<number> {
    const child = this.child?.pid;
    if (this.options.bare) return Number(child);
    return until('the supervisor runs', async () => {
      const children = await readFile(`/proc/${child}/task/${child}/children`, 'utf8');
      return Number(children.trim().split(' ')[0]) || false;
    });
  }

  private isRunning(): boolean {
    return this.child?.exitCode === null && this.child.signalCode === null;
  }

  /** Sends a signal to the process that was started here, and waits for its end. Answers how long it took, in ms. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    const { child } = this;
    if (!child || !this.isRunning()) return 0;
    const started = Date.now();
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
    await ended;
    clearTimeout(force);
    return Date.now() - started;
  }

  /** Stops and removes everything, also after a failed test. */
  async remove(): Promise<void> {
    await this.stop();
    for (const { pid } of await this.processes()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
