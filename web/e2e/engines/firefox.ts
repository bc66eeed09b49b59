// Firefox, spoken to by its own protocol (Marionette): WebDriver's commands over a socket, each message with its length
// before it. So no driver has to be got for it.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../stack';
import { type Command, Driver, inTime } from './driver';
import { start } from './processes';

/** Settings of its profile: nothing is fetched, asked or reported, any free port will do. */
const settings = {
  'marionette.port': 0,
  'app.update.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.enabled': false,
};

export async function openFirefox(): Promise<Driver> {
  const folder = await mkdtemp(join(tmpdir(), 'ocweb-firefox-'));
  const lines = Object.entries(settings).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  await writeFile(join(folder, 'user.js'), lines.join('\n'));
  const browser = start(
    process.env.OCWEB_FIREFOX ?? 'firefox-esr',
    ['--headless', '--marionette', '--remote-allow-system-access', '--no-remote', '--profile', folder],
    { HOME: folder },
  );
  const end = async () => {
    await browser.end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await until('Firefox listens', async () =>
      Number(await readFile(join(folder, 'MarionetteActivePort'), 'utf8')),
    ).catch((error: unknown) => {
      throw new Error(`${error}: ${browser.output()}`);
    });
    const marionette = await speak(port);
    await marionette('WebDriver:NewSession', {});
    // No window of it is narrower than 500 pixels, but what shows the page in it can be.
    const fit = `const { style } = gBrowser.selectedBrowser;
      style.setProperty('width', '390px'); style.setProperty('height', '844px');`;
    await marionette('WebDriver:SetWindowRect', { width: 600, height: 1000 });
    await marionette('Marionette:SetContext', { value: 'chrome' });
    await marionette('WebDriver:ExecuteScript', { script: fit, args: [] });
    await marionette('Marionette:SetContext', { value: 'content' });
    return new Driver('Firefox', asCommand(marionette), end);
  } catch (error) {
    await end();
    throw error;
  }
}

type Marionette = (name: string, parameters: Record<string, unknown>) => Promise<unknown>;

/** The standard's paths as Marionette's names. */
function asCommand(marionette: Marionette): Command {
  return async (method, path, body = {}) => {
    const [, kind, id, what] = path.split('/');
    const say = async (name: string, parameters: Record<string, unknown> = {}) => {
      const answer = await marionette(`WebDriver:${name}`, parameters);
      return typeof answer === 'object' && answer !== null && 'value' in answer ? answer.value : answer;
    };
    if (kind === 'url') return say('Navigate', body);
    if (kind === 'execute') return say('ExecuteScript', body);
    if (kind === 'screenshot') return say('TakeScreenshot', { full: false });
    if (kind === 'element' && id === undefined) return say('FindElement', body);
    if (what === 'click') return say('ElementClick', { id });
    if (what === 'value') return say('ElementSendKeys', { id, ...body });
    if (method === 'DELETE') return say('DeleteSession');
    throw new Error(`Firefox is not asked ${method} ${path} here`);
  };
}

/** Connects, and answers what asks one thing at a time. */
async function speak(port: number): Promise<Marionette> {
  const socket = connect(port, '127.0.0.1');
  const waiting = new Map<number, { done: (value: unknown) => void; failed: (error: Error) => void }>();
  let received = Buffer.alloc(0);
  let greeted: () => void = () => undefined;
  const greeting = new Promise<void>((done) => {
    greeted = done;
  });
  const fail = (error: Error) => {
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
  };
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('Firefox is gone')));
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const colon = received.indexOf(':');
      const length = Number(received.subarray(0, colon));
      if (colon < 0 || received.length < colon + 1 + length) return;
      const message: unknown = JSON.parse(received.subarray(colon + 1, colon + 1 + length).toString());
      received = received.subarray(colon + 1 + length);
      if (!Array.isArray(message)) {
        greeted();
        continue;
      }
      const [, id, error, value] = message as [1, number, { message: string } | null, unknown];
      const asked = waiting.get(id);
      waiting.delete(id);
      if (error) asked?.failed(new Error(error.message));
      else asked?.done(value);
    }
  });
  await inTime('Firefox', 'with its greeting', greeting);
  let last = 0;
  return (name, parameters) =>
    inTime(
      'Firefox',
      name,
      new Promise((done, failed) => {
        last += 1;
        waiting.set(last, { done, failed });
        const text = JSON.stringify([0, last, name, parameters]);
        socket.write(`${Buffer.byteLength(text)}:${text}`);
      }),
    );
}
