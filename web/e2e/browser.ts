// A phone: Chromium at 390 x 844 with touch, and what it saw go wrong.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { PATIENCE } from './bars';

export interface Phone {
  browser: Browser;
  context: BrowserContext;
  page: Page;
  /** Uncaught errors and refusals of the content policy, which no test may leave behind. */
  complaints: string[];
}

export const chromiumPath = process.env.OCWEB_CHROMIUM ?? '/usr/bin/chromium';
export const chromiumSwitches = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath, args: chromiumSwitches });
}

interface PhoneOptions extends BrowserContextOptions {
  /** Of a login: the phone is logged in by it. */
  cookie?: string;
}

/** A cookie as a server sets it, for a browser. */
export async function giveCookie(context: BrowserContext, url: string, cookie: string): Promise<void> {
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url }]);
}

export async function openPhone(
  browser: Browser,
  url: string,
  { cookie, ...options }: PhoneOptions = {},
): Promise<Phone> {
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width: 390, height: 844 },
    deviceScaleFactor: 2,
    hasTouch: true,
    isMobile: true,
    permissions: ['clipboard-read', 'clipboard-write'],
    ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  if (cookie !== undefined) await giveCookie(context, url, cookie);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  return { browser, context, page, complaints };
}

/**
 * What lay over the page and was just closed takes its entry of the history away a moment later (`shared/overlay.ts`),
 * and a browser that goes back drops a navigation begun meanwhile: "net::ERR_ABORTED".
 */
async function historyIsSettled(page: Page): Promise<void> {
  await page.waitForFunction(
    () => history.state?.ocweb !== 'overlay' || document.querySelector('dialog[open], .drawer.open') !== null,
    null,
    // Not by frames: a tab in the background has none.
    { polling: 50 },
  );
}

/** As if the address was typed in. */
export async function visit(page: Page, address: string): Promise<void> {
  await historyIsSettled(page);
  await page.goto(address);
}

export async function reload(page: Page): Promise<void> {
  await historyIsSettled(page);
  await page.reload();
}

/** Shows a page of ours, and waits until what it asks for is there. */
export async function show(page: Page, address: string): Promise<void> {
  await visit(page, address);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByTestId('connection').waitFor({ state: 'detached' });
  await page.waitForFunction(() =>
    [...document.querySelectorAll('[role=status]')].every((each) => !each.textContent?.includes('loading')),
  );
}

interface Point {
  x: number;
  y: number;
}

/** A finger that goes from one place to another. */
export async function swipe(page: Page, from: Point, to: Point): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const steps = 8;
  await session.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [from] });
  for (let step = 1; step <= steps; step += 1) {
    const x = from.x + ((to.x - from.x) * step) / steps;
    const y = from.y + ((to.y - from.y) * step) / steps;
    await session.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: [{ x, y }] });
  }
  await session.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await session.detach();
}

/** Waits until what slides or fades in is there; what pulses goes on, and what follows a scroll never ends. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const ending = document
      .getAnimations()
      .filter(({ timeline }) => timeline === document.timeline)
      .filter(({ effect }) => effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
    await Promise.all(ending.map(({ finished }) => finished.catch(() => undefined)));
  });
}

/** A picture for the README and for people to look at, when dev/screenshots asks for it. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.OCWEB_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await atRest(page);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
