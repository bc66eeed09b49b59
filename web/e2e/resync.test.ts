// The network is cut again and again in the middle of answers, in every way a phone knows, and the relay is killed:
// what the page shows is what opencode has, each time, without a reload.
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { keepsBar } from './bars';
import { openBrowser, openPhone, type Phone, visit } from './browser';
import { Network } from './network';
import { rounds } from './rounds';
import { Stack, until } from './stack';

const phonesAtOnce = 5;
/** Each way of cutting it twice, or fifty cuts in all. */
const turns = rounds(6, 10);

let stack: Stack;
let browser: Browser;
let cookie: string;
const opened: { phone: Phone; network: Network; chat: string }[] = [];

beforeAll(async () => {
  stack = await Stack.start();
  cookie = await stack.login();
  browser = await openBrowser();
  for (let index = 0; index < phonesAtOnce; index += 1) {
    const chat = await stack.begin(cookie, `say: chat ${index}`);
    const network = await Network.to(stack.port);
    const phone = await openPhone(browser, network.url, { cookie });
    await visit(phone.page, `/chat/${chat}`);
    opened.push({ phone, network, chat });
  }
  // What is counted later is what a round said: opencode's start in each working copy is over.
  for (const { chat } of opened) await stack.reaches(cookie, chat);
});
afterAll(async () => {
  await browser?.close();
  for (const { network } of opened) network.close();
  await stack?.remove();
});
afterEach(() => {
  for (const { phone } of opened) expect(phone.complaints).toEqual([]);
});

/** One message as a reader sees it. */
interface Shown {
  who: string;
  text: string;
  outputs: string[];
}

const words = (text: string) => text.replace(/\s+/g, ' ').trim();

/** What the page shows. Collapsed blocks do not occur here: commands and texts are shown in full. */
async function shown(page: Page): Promise<Shown[]> {
  const found = await page
    .getByTestId('transcript')
    .getByRole('article')
    .evaluateAll((articles) =>
      articles.map((article) => {
        const outputs = [...article.querySelectorAll('section div.output')].map(
          (output) => output.textContent ?? '',
        );
        const copy = article.cloneNode(true) as HTMLElement;
        for (const other of copy.querySelectorAll('section, .message-foot, .prompt-aside, .notice, button'))
          other.remove();
        return { who: article.getAttribute('aria-label') ?? '', text: copy.textContent ?? '', outputs };
      }),
    );
  return found.map(({ who, text, outputs }) => ({ who, text: words(text), outputs: outputs.map(words) }));
}

/** What opencode has. */
async function stored(chat: string): Promise<Shown[]> {
  interface Message {
    info: { role: string };
    parts: { type: string; text?: string; tool?: string; state?: { output?: string } }[];
  }
  const { body } = await stack.json<Message[]>(cookie, 'GET', `/session/${chat}/message`);
  return body
    .map(({ info, parts }) => ({
      who: info.role === 'user' ? 'You' : 'Agent',
      text: words(parts.map((part) => (part.type === 'text' ? part.text : '')).join(' ')),
      outputs: parts.filter((part) => part.tool === 'bash').map((part) => words(part.state?.output ?? '')),
    }))
    .filter(({ text, outputs }) => text !== '' || outputs.length > 0);
}

let count = 0;
async function say(chat: string, text: string): Promise<void> {
  count += 1;
  const ticks = BigInt.asUintN(48, BigInt(Date.now()) * 4096n)
    .toString(16)
    .padStart(12, '0');
  const id = `msg_${ticks}${String(count).padStart(14, '0')}`;
  const { status } = await stack.json(cookie, 'POST', `/admin/chats/${chat}/prompts`, { id, text });
  expect(status).toBe(202);
}

/** Answers once nothing waits and nothing runs; before, it fails with what the chat does. */
async function rests(chat: string): Promise<true> {
  const view = await stack.view(cookie, chat);
  if (view?.prompts.length === 0 && ['unread', 'done'].includes(view.state)) return true;
  throw new Error(`${chat} is ${view?.state}, and ${view?.prompts.length} prompts wait`);
}

const pause = (milliseconds: number) => new Promise((done) => setTimeout(done, milliseconds));

const ways = {
  reset: async (network: Network, long: number) => {
    network.reset();
    await pause(long);
    network.restore();
  },
  silence: async (network: Network, long: number) => {
    network.stall();
    await pause(long);
    network.restore();
  },
  'a killed relay': async () => {
    const relay = (await stack.services(cookie)).get('event-relay');
    if (relay?.pid) process.kill(relay.pid, 'SIGKILL');
  },
} as const;

test(`cut ${phonesAtOnce * turns} times: the page shows what opencode has`, async () => {
  const kinds = Object.keys(ways) as (keyof typeof ways)[];
  let longest = 0;
  for (let round = 0; round < turns; round += 1) {
    const kind = kinds[round % kinds.length] ?? 'reset';
    const relayIsMine = Math.floor(Math.random() * phonesAtOnce);
    await Promise.all(
      opened.map(async ({ phone, network, chat }, index) => {
        const moment = Math.round(Math.random() * 1_500);
        const long = Math.round(Math.random() * 1_200);
        const answers = (await shown(phone.page)).length;
        const before = (await stored(chat)).length;
        await say(
          chat,
          `say 25 words at 40 per second\nrun: for i in 1 2 3 4 5; do echo round ${round} line $i; sleep 0.1; done\nsay 20 words at 40 per second`,
        );
        await until('the answer has begun', async () => (await shown(phone.page)).length > answers);
        await pause(moment);
        // One relay serves all: one phone kills it, and every connection is cut.
        if (kind !== 'a killed relay' || index === relayIsMine) await ways[kind](network, long);
        // The prompt, the step with the command, and the last one: a relay that begins anew may not know of the run yet.
        const expected = await until('the answer is complete', async () => {
          await rests(chat);
          const all = await stored(chat);
          return all.length === before + 3 && all;
        });
        const complete = Date.now();
        await until(
          `the page of chat ${index} is right after round ${round}: ${kind} ${moment} ms into the answer, for ${long} ms`,
          async () => JSON.stringify(await shown(phone.page)) === JSON.stringify(expected),
        ).catch(async (error: unknown) => {
          expect(await shown(phone.page), String(error)).toEqual(expected);
        });
        longest = Math.max(longest, Date.now() - complete);
      }),
    );
  }
  keepsBar('until a page that was cut off is right', longest, 15_000);
}, 600_000);

test('thirty seconds without a network in the middle of an answer: nothing is lost, and it is said meanwhile', async () => {
  const [first] = opened;
  if (!first) throw new Error('no phone');
  const { phone, network, chat } = first;
  await say(chat, 'say 600 words at 30 per second');
  await until(
    'words are shown',
    async () => ((await shown(phone.page)).at(-1)?.text ?? '').split(' ').length > 10,
  );
  network.stall();
  const cut = Date.now();
  await phone.page.getByTestId('connection').waitFor();
  const said = Date.now() - cut;
  await pause(30_000 - (Date.now() - cut));
  const before = ((await shown(phone.page)).at(-1)?.text ?? '').length;
  network.restore();
  const back = Date.now();
  await until('it goes on', async () => ((await shown(phone.page)).at(-1)?.text ?? '').length > before + 100);
  const right = Date.now() - back;
  process.stderr.write(`after 30 s of silence the page was right ${right} ms after the network was back\n`);
  await phone.page.getByTestId('connection').waitFor({ state: 'hidden' });
  await until('the chat rests', () => rests(chat));
  expect(await shown(phone.page)).toEqual(await stored(chat));
  keepsBar('until a silent network is said', said, 6_000);
  keepsBar('until the page goes on after it', right, 20_000);
});
