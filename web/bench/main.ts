// What dev/bench asks a browser: both pages take turns, and each figure is the median over the rounds. The stack runs
// already; the environment says where (OCWEB_BENCH, JSON), and the figures are the only line of the output.

import type { Page } from 'playwright-core';
import { openBrowser } from '../e2e/browser';
import { fill } from '../e2e/longChat';
import { type Chat, type Side, sides } from './side';
import { frames, type, untilQuiet, visit } from './visit';

interface Task {
  url: string;
  cookie: string;
  /** Above the stack's data. */
  folder: string;
  /** Short, and answered with “All is ready.” */
  chat: string;
  /** Empty; becomes the long one. */
  longChat: string;
  rounds: number;
}

/** By the names that row_page.py reads. */
type Figures = Record<string, number>;

const wordsPerSecond = 200;
const seconds = 6;
const messages = 5_000;
const typed = 'the quick brown fox';

const task: Task = JSON.parse(process.env.OCWEB_BENCH ?? '{}');

async function call<T>(path: string, body?: unknown): Promise<T> {
  const response = await fetch(new URL(path, task.url), {
    method: body === undefined ? 'GET' : 'POST',
    headers: { cookie: task.cookie, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
  const text = await response.text();
  return (text === '' ? null : JSON.parse(text)) as T;
}

/** Has the server send a prompt. */
function say(chat: string, text: string): Promise<unknown> {
  const time = ((BigInt(Date.now()) * 4096n) & 0xffffffffffffn).toString(16).padStart(12, '0');
  return call(`/admin/chats/${chat}/prompts`, { id: `msg_${time}bench000000000`, text });
}

async function rests(chat: string): Promise<void> {
  interface Status {
    chats: { id: string; state: string; prompts: unknown[] }[];
  }
  for (;;) {
    const { chats } = await call<Status>('/admin/status');
    const view = chats.find(({ id }) => id === chat);
    if (view?.prompts.length === 0 && !['queued', 'preparing', 'working'].includes(view.state)) return;
    await new Promise((done) => setTimeout(done, 200));
  }
}

const browser = await openBrowser();

/** Load of a small chat, cold. */
async function load(side: Side, chat: Chat): Promise<Figures> {
  const opened = await visit(browser, task, side, chat, 'All is ready.');
  const key = await type(opened, side, typed);
  await untilQuiet(opened);
  const ready = (await opened.notes()).readyAt ?? Number.NaN;
  const atReady = await opened.traffic(ready);
  const { bytes, requests } = await opened.traffic();
  await opened.close();
  return {
    ready,
    readyBytes: atReady.bytes,
    readyRequests: atReady.requests,
    bytes,
    requests,
    key,
  };
}

/** An answer that comes quickly. */
async function stream(side: Side, chat: Chat): Promise<Figures> {
  const opened = await visit(browser, task, side, chat, 'All is ready.');
  await untilQuiet(opened);
  const words = () => opened.page.evaluate(() => document.body.textContent.length);
  const before = await words();
  await say(chat.id, `say ${wordsPerSecond * (seconds + 3)} words at ${wordsPerSecond} per second`);
  while ((await words()) < before + 1_000) await opened.page.waitForTimeout(100);
  const { perSecond, longestTask } = await frames(opened, () => opened.page.waitForTimeout(seconds * 1000));
  await opened.close();
  await rests(chat.id);
  return { framesPerSecond: perSecond, longestTask };
}

/** A chat of thousands of messages, opened at its end. */
async function long(side: Side, chat: Chat): Promise<Figures> {
  const opened = await visit(browser, task, side, chat, `Answer number ${messages - 1}`);
  const { shownAt } = await opened.notes();
  const key = await type(opened, side, typed);
  const figures: Figures = { longReady: shownAt ?? Number.NaN, longKey: key };
  if (side.name === 'ocweb') {
    await untilQuiet(opened);
    const scrolled = await frames(opened, () => scrollUp(opened.page, seconds));
    figures.scrollFramesPerSecond = scrolled.perSecond;
    figures.scrollLongestTask = scrolled.longestTask;
  }
  await opened.close();
  return figures;
}

/** As a finger does: so many pixels in each frame. */
async function scrollUp(page: Page, lasting: number): Promise<void> {
  await page.getByTestId('transcript').evaluate(
    (view, milliseconds) =>
      new Promise<void>((done) => {
        const end = performance.now() + milliseconds;
        const frame = () => {
          view.scrollTop -= 60;
          if (performance.now() < end) requestAnimationFrame(frame);
          else done();
        };
        frame();
      }),
    lasting * 1000,
  );
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** Both sides take turns. */
async function inTurns(
  what: string,
  rounds: number,
  measure: (side: Side) => Promise<Figures>,
): Promise<Record<string, Figures>> {
  const found: Record<string, Figures[]> = {};
  for (let round = 1; round <= rounds; round += 1) {
    for (const side of sides) {
      const figures = await measure(side);
      process.stderr.write(`${what} ${round}: ${side.name} ${JSON.stringify(figures)}\n`);
      found[side.name] = [...(found[side.name] ?? []), figures];
    }
  }
  return Object.fromEntries(
    Object.entries(found).map(([name, all]) => [
      name,
      Object.fromEntries(
        Object.keys(all[0] ?? {}).map((key) => [
          key,
          median(all.map((figures) => figures[key] ?? Number.NaN)),
        ]),
      ),
    ]),
  );
}

try {
  const chat = await call<Chat>(`/session/${task.chat}`);
  const longChat = await call<Chat>(`/session/${task.longChat}`);
  await fill(task, longChat, messages);
  const parts = [
    await inTurns('load', task.rounds, (side) => load(side, chat)),
    await inTurns('long chat', task.rounds, (side) => long(side, longChat)),
    await inTurns('stream', Math.min(3, task.rounds), (side) => stream(side, chat)),
  ];
  const figures = Object.fromEntries(
    sides.map(({ name }) => [name, Object.assign({}, ...parts.map((part) => part[name]))]),
  );
  process.stdout.write(`${JSON.stringify(figures)}\n`);
} finally {
  await browser.close();
}
