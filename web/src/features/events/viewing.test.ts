import { afterEach, beforeEach, expect, it, vi } from 'vitest';

/** What the relay was told, and what it has not answered yet. */
interface Told {
  chat: string | null;
  keepalive: boolean;
  signal: AbortSignal;
  answer(): void;
}

let told: Told[];
let page: EventTarget & { hidden: boolean };
let browser: EventTarget;
let sync: typeof import('./sync');
let viewing: typeof import('./viewing');

beforeEach(async () => {
  told = [];
  page = Object.assign(new EventTarget(), { hidden: false });
  browser = new EventTarget();
  vi.stubGlobal('document', page);
  vi.stubGlobal('window', browser);
  vi.stubGlobal('fetch', (address: string, { body, keepalive, signal }: RequestInit) => {
    return new Promise<Response>((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
      if (address !== '/admin/events/viewing') return;
      const { chat } = JSON.parse(String(body)) as { chat: string | null };
      const answer = () => resolve(new Response('{"number":"e1-1"}'));
      told.push({ chat, keepalive: keepalive === true, signal: signal as AbortSignal, answer });
    });
  });
  vi.resetModules();
  [sync, viewing] = await Promise.all([import('./sync'), import('./viewing')]);
});
afterEach(() => vi.unstubAllGlobals());

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

function hide(): void {
  page.hidden = true;
  page.dispatchEvent(new Event('visibilitychange'));
}

it.each(['hidden', 'ended'])(
  'says at once that nobody looks when the page is %s, whatever hangs',
  async (how) => {
    const stop = sync.startSync();
    sync.showChat('ses_1');
    void viewing.announceViewing();
    await settled();
    expect(told.map(({ chat }) => chat)).toEqual(['ses_1']);
    if (how === 'hidden') hide();
    else browser.dispatchEvent(new Event('pagehide'));
    expect(told.map(({ chat, keepalive }) => [chat, keepalive])).toEqual([
      ['ses_1', false],
      [null, true],
    ]);
    expect(told.map(({ signal }) => signal.aborted)).toEqual([true, false]);
    hide();
    expect(told).toHaveLength(2);
    stop();
  },
);

it('says what is looked at only after it was heard that nobody did', async () => {
  viewing.setShownChat('ses_1');
  viewing.leave();
  void viewing.announceViewing();
  await settled();
  expect(told.map(({ chat }) => chat)).toEqual([null]);
  told[0]?.answer();
  await settled();
  expect(told.map(({ chat }) => chat)).toEqual([null, 'ses_1']);
  viewing.leave();
  expect(told.map(({ chat }) => chat)).toEqual([null, 'ses_1', null]);
});
