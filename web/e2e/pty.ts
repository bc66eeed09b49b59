// A program in a terminal of its own, as a person sits before it: what it draws is a screen, and what is typed are keys.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import xterm from '@xterm/headless';
import { until } from './stack';

const [columns, rows] = [100, 30];

export class Pty {
  private readonly screen = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: 500,
  });
  private ended: number | null = null;

  private constructor(private readonly child: ChildProcess) {
    // Programs ask what kind of terminal it is, and wait for the answer.
    this.screen.onData((text) => this.type(text));
    child.stdin?.on('error', () => undefined);
    child.stdout?.on('data', (data: Buffer) => this.screen.write(data));
    child.on('close', (code) => {
      this.ended = code;
    });
  }

  /** Starts a program with exactly this environment. */
  static open(program: string, args: string[], env: Record<string, string>, cwd?: string): Pty {
    const words = [program, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
    const command = `stty rows ${rows} cols ${columns}; exec ${words.join(' ')}`;
    return new Pty(
      spawn('script', ['--quiet', '--flush', '--return', '--command', command, '/dev/null'], {
        env: { TERM: 'xterm-256color', SHELL: '/bin/sh', LANG: 'C.UTF-8', ...env },
        cwd,
        stdio: ['pipe', 'pipe', 'ignore'],
      }),
    );
  }

  type(text: string): void {
    this.child.stdin?.write(text);
  }

  /** All that it shows, and what has scrolled away above. */
  text(): string {
    const buffer = this.screen.buffer.active;
    const lines = Array.from({ length: buffer.length }, (_, at) =>
      buffer.getLine(at)?.translateToString(true),
    );
    return lines.join('\n').trim();
  }

  async shows(pattern: RegExp): Promise<void> {
    await until(`the terminal shows ${pattern}`, () => pattern.test(this.text())).catch((error: unknown) => {
      throw new Error(`${error}; it shows ${this.text()}`);
    });
  }

  /** Its exit code, once it has ended by itself. */
  async end(): Promise<number> {
    await until('the program ends', () => this.ended !== null).catch((error: unknown) => {
      throw new Error(`${error}; it shows ${this.text()}`);
    });
    return Number(this.ended);
  }

  /** Ends it, if it has not ended. */
  async close(): Promise<void> {
    // `script` passes no signal on to the program, which is its child.
    const { pid } = this.child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
    for (const child of children.split(' ').filter(Boolean)) process.kill(Number(child), 'SIGKILL');
    await this.end();
  }
}
