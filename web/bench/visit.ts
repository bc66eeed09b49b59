// One visit of a page with a fresh browser profile and a slow processor, and what it costs.
import type { Browser, CDPSession, Page } from 'playwright-core';
import { openPhone } from '../e2e/browser';
import type { Chat, Side } from './side';

/** How many times slower than this machine. */
const throttle = 4;
/** Nothing more is asked for once it was quiet for so long, in milliseconds. */
const quiet = 1_500;
const longestWait = 60_000;

/** What the page notes by itself; times are milliseconds since the visit began. */
interface Notes {
  /** When the box was first there, in a frame that was about to be painted. */
  readyAt: number | null;
  /** When the last words were there besides. */
  shownAt: number | null;
  /** Tasks of more than 50 ms. */
  tasks: { at: number; duration: number }[];
  /** From a key or a finger to the next frame, those of more than 16 ms. */
  interactions: number[];
}

declare global {
  var benchNotes: Notes;
}

/** What went over the wire, and when (milliseconds since 1970). */
interface Sent {
  at: number;
  bytes: number;
  requests: number;
}

export interface Traffic {
  bytes: number;
  requests: number;
}

export interface Visit {
  page: Page;
  /** Until a time of the page's notes; all of it without one. */
  traffic(until?: number): Promise<Traffic>;
  notes(): Promise<Notes>;
  close(): Promise<void>;
}

/** Opens a chat; resolves once the box and the `last` words are there. */
export async function visit(
  browser: Browser,
  { url, cookie }: { url: string; cookie: string },
  side: Side,
  chat: Chat,
  last: string,
): Promise<Visit> {
  const { context, page } = await openPhone(browser, url);
  const [name = '', value = ''] = cookie.split('=');
  await context.addCookies([{ name, value, url }]);
  const session = await context.newCDPSession(page);
  const sent = await listen(session);
  await session.send('Emulation.setCPUThrottlingRate', { rate: throttle });
  await page.addInitScript(takeNotes, { box: side.box, last });
  await page.goto(side.address(chat), { waitUntil: 'commit' });
  await page.waitForFunction(() => globalThis.benchNotes.shownAt !== null, null, { timeout: longestWait });
  return {
    page,
    async traffic(until = Number.POSITIVE_INFINITY) {
      const end = until + (await page.evaluate(() => performance.timeOrigin));
      const counted = sent.filter(({ at }) => at <= end);
      const sum = (of: 'bytes' | 'requests') => counted.reduce((total, each) => total + each[of], 0);
      return { bytes: sum('bytes'), requests: sum('requests') };
    },
    notes: () => page.evaluate(() => globalThis.benchNotes),
    close: () => context.close(),
  };
}

/** Runs in the page, before anything of its own. */
function takeNotes({ box, last }: { box: string; last: string }): void {
  const notes: Notes = { readyAt: null, shownAt: null, tasks: [], interactions: [] };
  globalThis.benchNotes = notes;
  const look = () => {
    const isThere = document.querySelector(box)?.checkVisibility() ?? false;
    if (isThere) notes.readyAt ??= performance.now();
    if (isThere && document.body.textContent.includes(last)) notes.shownAt = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) notes.tasks.push({ at: startTime, duration });
  }).observe({ type: 'longtask', buffered: true });
  const events: PerformanceObserverInit & { durationThreshold: number } = {
    type: 'event',
    durationThreshold: 16,
    buffered: true,
  };
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { interactionId = 0 } = entry as PerformanceEventTiming & { interactionId?: number };
      if (interactionId !== 0) notes.interactions.push(entry.duration);
    }
  }).observe(events);
}

async function listen(session: CDPSession): Promise<Sent[]> {
  const sent: Sent[] = [];
  // The protocol's seconds begin somewhere; a request tells both times.
  let begin = 0;
  const note = (timestamp: number, bytes: number, requests = 0) =>
    sent.push({ at: (begin + timestamp) * 1000, bytes, requests });
  session.on('Network.requestWillBeSent', ({ request, timestamp, wallTime }) => {
    begin = wallTime - timestamp;
    if (request.url.startsWith('http')) note(timestamp, 0, 1);
  });
  session.on('Network.responseReceived', ({ response, timestamp }) =>
    note(timestamp, response.encodedDataLength),
  );
  session.on('Network.dataReceived', ({ encodedDataLength, timestamp }) =>
    note(timestamp, encodedDataLength),
  );
  await session.send('Network.enable');
  return sent;
}

/** Waits until the page asks for nothing more. */
export async function untilQuiet({ page, traffic }: Visit): Promise<void> {
  for (let before = -1, waited = 0; waited < longestWait; waited += quiet) {
    const { requests } = await traffic();
    if (requests === before) return;
    before = requests;
    await page.waitForTimeout(quiet);
  }
}

/** Types into the box; answers the worst time from a key to the frame that shows it, in milliseconds. */
export async function type({ page, notes }: Visit, { box }: Side, text: string): Promise<number> {
  const before = (await notes()).interactions.length;
  await page.locator(box).first().focus();
  await page.keyboard.type(text, { delay: 80 });
  await page.waitForFunction(
    ([selector, typed]) => {
      const element = document.querySelector(String(selector));
      const shown = element instanceof HTMLTextAreaElement ? element.value : element?.textContent;
      return shown?.replaceAll('\u00a0', ' ').includes(String(typed));
    },
    [box, text],
  );
  // What is observed comes a moment after the frame.
  await page.waitForTimeout(200);
  return Math.max(16, ...(await notes()).interactions.slice(before));
}

export interface Frames {
  perSecond: number;
  /** In milliseconds; the browser tells of those over 50 only. */
  longestTask: number;
}

/** Counts frames and tasks while `act` does something. */
export async function frames({ page, notes }: Visit, act: () => Promise<void>): Promise<Frames> {
  const begin = await page.evaluate(() => {
    const counter = { frames: 0, isOver: false };
    Object.assign(globalThis, { benchFrames: counter });
    const frame = () => {
      counter.frames += 1;
      if (!counter.isOver) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    return performance.now();
  });
  await act();
  const [end, counted] = await page.evaluate(() => {
    const { benchFrames } = globalThis as unknown as { benchFrames: { frames: number; isOver: boolean } };
    benchFrames.isOver = true;
    return [performance.now(), benchFrames.frames] as const;
  });
  const tasks = (await notes()).tasks.filter(({ at }) => at >= begin && at <= end);
  return {
    perSecond: (counted * 1000) / (end - begin),
    longestTask: Math.max(0, ...tasks.map(({ duration }) => duration)),
  };
}
