// A browser that is not Chromium, driven by the WebDriver standard: the phone's browser is WebKit, and nothing but
// WebKit itself shows what it does. Only what the smoke run needs.
import { PATIENCE } from '../bars';
import { until } from '../stack';

/** Sends one WebDriver command and answers its value. */
export type Command = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: Record<string, unknown>,
) => Promise<unknown>;

/** The answer, or after so many milliseconds an error that says who was asked for what: a driver may hang. */
export async function inTime<T>(
  name: string,
  what: string,
  answer: Promise<T>,
  milliseconds = PATIENCE,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, failed) => {
    const error = new Error(`${name} did not answer ${what} within ${milliseconds} ms`);
    timer = setTimeout(() => failed(error), milliseconds);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** How an element's reference is named, by the standard. */
const reference = 'element-6066-11e4-a52e-4f735466cecf';

export class Driver {
  constructor(
    readonly name: string,
    private readonly send: Command,
    private readonly end: () => Promise<void>,
  ) {}

  private readonly command: Command = (method, path, body) =>
    inTime(this.name, `${method} ${path}`, this.send(method, path, body));

  async open(url: string): Promise<void> {
    await this.command('POST', '/url', { url });
  }

  /** Runs a function's body in the page. */
  run<T>(script: string, ...values: unknown[]): Promise<T> {
    return this.command('POST', '/execute/sync', { script, args: values }) as Promise<T>;
  }

  /** Waits until exactly what is meant is there. */
  async find(selector: string): Promise<string> {
    return until(`${selector} is there in ${this.name}`, async () => {
      const found = await this.command('POST', '/element', { using: 'css selector', value: selector });
      return (found as Record<string, string>)[reference];
    });
  }

  /** A real click, which fails while something lies over the element; what slides in is waited for. */
  async click(selector: string): Promise<void> {
    await this.find(selector);
    let before = '';
    await until(`${selector} is at rest in ${this.name}`, async () => {
      const box = 'return JSON.stringify(document.querySelector(arguments[0])?.getBoundingClientRect())';
      const now = await this.run<string>(box, selector);
      const isAtRest = now === before;
      before = now;
      return isAtRest;
    });
    await until(`${selector} can be clicked in ${this.name}`, async () => {
      await this.command('POST', `/element/${await this.find(selector)}/click`, {});
      return true;
    });
  }

  /** Real keys. */
  async type(selector: string, text: string): Promise<void> {
    await this.command('POST', `/element/${await this.find(selector)}/value`, { text });
  }

  /** Waits until the page's text has it. */
  async shows(text: string): Promise<void> {
    await until(`${this.name} shows "${text}"`, () =>
      this.run<boolean>('return document.body.innerText.includes(arguments[0])', text),
    );
  }

  async picture(): Promise<Buffer> {
    return Buffer.from(String(await this.command('GET', '/screenshot')), 'base64');
  }

  async close(): Promise<void> {
    await this.command('DELETE', '').catch(() => undefined);
    await this.end();
  }
}
