// WebKit, as Debian builds it for GTK: on a screen of a phone's size, whose window manager makes every window fill it.
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, until } from '../stack';
import { Driver, inTime } from './driver';
import { type Running, start } from './processes';

/**
 * The browser that the driver starts: Debian keeps it by the machine's architecture and by the version of its interface
 * (`x86_64-linux-gnu/webkit2gtk-4.1`, `aarch64-linux-gnu/webkitgtk-6.0`).
 */
export async function findMiniBrowser(libraries = '/usr/lib'): Promise<string> {
  for (const architecture of (await readdir(libraries)).filter((name) => name.includes('-linux-gnu'))) {
    const versions = await readdir(join(libraries, architecture)).catch(() => []);
    // The driver speaks to the newest.
    for (const version of versions.filter((name) => /^webkit2?gtk-\d/.test(name)).sort(byVersion)) {
      const browser = join(libraries, architecture, version, 'MiniBrowser');
      if (existsSync(browser)) return browser;
    }
  }
  throw new Error(
    `there is no MiniBrowser of WebKit below ${libraries}: install webkit2gtk-driver, or set OCWEB_WEBKIT`,
  );
}

function byVersion(one: string, other: string): number {
  const number = (name: string) => Number.parseFloat(/[\d.]+$/.exec(name)?.[0] ?? '0');
  return number(other) - number(one);
}

/** The browser's own bar takes these many pixels of the screen. */
const bar = 38;

export async function openWebKit(): Promise<Driver> {
  const folder = await mkdtemp(join(tmpdir(), 'ocweb-webkit-'));
  const begun: Running[] = [];
  const end = async () => {
    for (const program of begun.reverse()) await program.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const screen = start(
      'Xvfb',
      ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', `390x${844 + bar}x24`],
      {},
      'pipe',
    );
    begun.push(screen);
    const display = await until('the screen is there', () => /^\d+$/m.exec(screen.output())?.[0] ?? false);
    const environment = {
      DISPLAY: `:${display}`,
      HOME: folder,
      XDG_RUNTIME_DIR: folder,
      // There is no user namespace for its sandbox on every machine, and no graphics card.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
      NO_AT_BRIDGE: '1',
    };
    begun.push(start('matchbox-window-manager', ['-use_titlebar', 'no'], environment));
    const port = await freePort();
    const driver = start(
      'dbus-run-session',
      ['--', 'WebKitWebDriver', `--port=${port}`, '--host=127.0.0.1'],
      environment,
    );
    begun.push(driver);
    const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        // Longer than the driver is waited for, which says what it was.
        signal: AbortSignal.timeout(120_000),
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const { value } = (await answer.json()) as { value: unknown };
      if (!answer.ok) throw new Error(`${path}: ${JSON.stringify(value)}`);
      return value;
    };
    const options = { binary: process.env.OCWEB_WEBKIT ?? (await findMiniBrowser()), args: ['--automation'] };
    const session = await until('WebKit is driven', async () => {
      const value = await inTime(
        'WebKit',
        'for a session',
        send('POST', '/session', {
          capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
        }),
      );
      return (value as { sessionId: string }).sessionId;
    }).catch((error: unknown) => {
      throw new Error(`${error}: ${driver.output()}`);
    });
    return new Driver(
      'WebKit',
      (method, path, body) => send(method, `/session/${session}${path}`, body),
      end,
    );
  } catch (error) {
    await end();
    throw error;
  }
}
