// Programs that a browser needs beside it, each in a process group of its own, so that all of it can be ended.
import { type ChildProcess, spawn } from 'node:child_process';

export interface Running {
  child: ChildProcess;
  /** What it printed so far. */
  output: () => string;
  end: () => Promise<void>;
}

export function start(
  program: string,
  args: string[],
  environment: Record<string, string>,
  extra: 'pipe' | 'ignore' = 'ignore',
): Running {
  const child = spawn(program, args, {
    env: { PATH: process.env.PATH ?? '', ...environment },
    stdio: ['ignore', 'pipe', 'pipe', extra],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr, child.stdio[3]]) {
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  child.on('error', (error) => {
    output += `${program}: ${error.message}`;
  });
  const end = async () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    process.kill(-child.pid, 'SIGTERM');
    const force = setTimeout(() => process.kill(-Number(child.pid), 'SIGKILL'), 5_000);
    await ended;
    clearTimeout(force);
  };
  return { child, output: () => output, end };
}
