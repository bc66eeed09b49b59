import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Numbered } from './event';
import type { Connection } from './state';
import { openStream, type Stream } from './stream';

/** A relay whose network can be cut in both ways: told (a reset) and not told (silence). */
class Relay {
  network: 'up' | 'reset' | 'silent' = 'up';
  /** Connections that a browser still holds for good, and on which every request is swallowed. */
  dead = 0;
  /** What it answers instead of a stream. */
  status = 200;
  /** Milliseconds until it answers. */
  delay = 0;
  requests: { query: string; lastId: string | undefined }[] = [];
  #count = 0;
  #open = new Set<ReadableStreamDefaultController<Uint8Array>>();

  fetch = async (
    address: string,
    { signal, headers }: { signal: AbortSignal; headers: Record<string, string> },
  ): Promise<Response> => {
    this.requests.push({ query: address.split('?')[1] ?? '', lastId: headers['Last-Event-ID'] });
    if (this.dead > 0) {
      this.dead -= 1;
      return never(signal);
    }
    if (this.network === 'reset') throw new TypeError('Failed to fetch');
    if (this.network === 'silent') return never(signal);
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    if (signal.aborted) throw signal.reason;
    if (this.status !== 200) return new Response('{}', { status: this.status });
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#open.add(controller);
        signal.addEventListener('abort', () => {
          if (this.#open.delete(controller)) controller.error(signal.reason);
        });
      },
    });
    this.say({ type: headers['Last-Event-ID'] ? 'resumed' : 'snapshot', chats: [] });
    return new Response(body);
  };

  get streams(): number {
    return this.#open.size;
  }

  say(event: object, isNumbered = true): void {
    if (this.network !== 'up') return;
    if (isNumbered) this.#count += 1;
    const id = isNumbered ? `id: e1-${this.#count}\n` : '';
    const frame = new TextEncoder().encode(`${id}data: ${JSON.stringify(event)}\n\n`);
    for (const controller of this.#open) controller.enqueue(frame);
  }

  beat = (within = 2_000) => this.say({ type: 'heartbeat', within_ms: within }, false);

  cut(): void {
    this.network = 'reset';
    for (const controller of this.#open) controller.error(new TypeError('network error'));
    this.#open.clear();
  }
}

/** A request into a network that swallows it. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

let relay: Relay;
let stream: Stream;
let heart: ReturnType<typeof setInterval>;
let phases: Connection['phase'][];
let reasons: (string | null)[];
let events: Numbered[];
let carried: (string | null)[];
let expecting: boolean;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
  vi.stubGlobal('document', { hidden: false });
  relay = new Relay();
  vi.stubGlobal('fetch', relay.fetch);
  phases = [];
  reasons = [];
  events = [];
  carried = [];
  expecting = false;
  heart = setInterval(() => relay.beat(), 1_900);
  stream = openStream({
    client: 'me',
    viewing: () => 'ses_1',
    isExpecting: () => expecting,
    onEvent: (event) => events.push(event),
    onLive: (chat) => carried.push(chat),
    onConnection(connection) {
      if (connection.phase === 'reconnecting') reasons.push(connection.reason);
      if (phases.at(-1) !== connection.phase) phases.push(connection.phase);
    },
  });
});

afterEach(() => {
  stream.stop();
  clearInterval(heart);
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('the stream', () => {
  it('is live with its first frame, and says which chat it carries', async () => {
    await pass(50);
    expect(phases).toEqual(['live']);
    expect(carried).toEqual(['ses_1']);
    expect(events.map(({ event }) => event.type)).toEqual(['snapshot']);
    expect(relay.requests).toEqual([{ query: 'client=me&viewing=ses_1', lastId: undefined }]);
  });

  it('says at once that it was reset, and is back within a second of the network, where it was', async () => {
    await pass(50);
    relay.say({ type: 'chat_removed', id: 'x' });
    await pass(50);
    relay.cut();
    await pass(50);
    expect(phases).toEqual(['live', 'reconnecting']);
    await pass(20_000);
    relay.network = 'up';
    await pass(1_000);
    expect(phases.at(-1)).toBe('live');
    expect(relay.requests.at(-1)?.lastId).toBe('e1-2');
    expect(events.at(-1)?.event.type).toBe('resumed');
  });

  it('notices within five seconds that the network swallows everything, and is back within two of its return', async () => {
    await pass(5_000);
    relay.network = 'silent';
    await pass(5_000);
    expect(phases).toEqual(['live', 'reconnecting']);
    await pass(20_000);
    relay.network = 'up';
    await pass(1_000);
    expect(phases.at(-1)).toBe('live');
  });

  it.each([0, 300, 600, 1_000])(
    'is not held up by dead connections of the browser (%i ms after the alarm)',
    async (after) => {
      await pass(5_000);
      relay.network = 'silent';
      relay.dead = 5;
      while (phases.at(-1) === 'live') await pass(50);
      await pass(after);
      relay.network = 'up';
      await pass(2_000);
      expect(phases.at(-1)).toBe('live');
    },
  );

  it('leaves a browser half of its connections while it is cut off for long', async () => {
    await pass(5_000);
    relay.network = 'silent';
    let aborted = 0;
    const before = relay.requests.length;
    vi.stubGlobal('fetch', (address: string, options: Parameters<Relay['fetch']>[1]) => {
      options.signal.addEventListener('abort', () => {
        aborted += 1;
      });
      return relay.fetch(address, options);
    });
    await pass(8_000);
    for (let turn = 0; turn < 50; turn += 1) {
      await pass(200);
      expect(relay.requests.length - before - aborted).toBeLessThanOrEqual(3);
    }
  });

  it('gives a slow network the time that it needs', async () => {
    await pass(5_000);
    relay.cut();
    relay.delay = 6_000;
    relay.network = 'up';
    await pass(13_000);
    expect(phases.at(-1)).toBe('live');
    expect(relay.streams).toBe(1);
  });

  it('stays as it is while there are heartbeats, however far apart the relay said', async () => {
    clearInterval(heart);
    relay.beat(10_000);
    heart = setInterval(() => relay.beat(10_000), 9_900);
    await pass(60_000);
    expect(phases).toEqual(['live']);
    expect(relay.requests).toHaveLength(1);
  });

  it('does not rest on a promise from before something began to run', async () => {
    clearInterval(heart);
    relay.beat(10_000);
    await pass(100);
    expecting = true;
    relay.say({ type: 'chat', chat: {} });
    await pass(4_000);
    expect(phases).toEqual(['live', 'reconnecting', 'live']);
    // What is promised now holds, be it as long.
    relay.beat(10_000);
    await pass(10_500);
    expect(phases).toEqual(['live', 'reconnecting', 'live']);
    // Not for what begins later.
    expecting = false;
    relay.beat(10_000);
    await pass(300);
    expecting = true;
    await pass(4_000);
    expect(phases.filter((phase) => phase === 'reconnecting')).toHaveLength(2);
  });

  it('begins with one attempt', async () => {
    stream.stop();
    relay.requests = [];
    relay.delay = 1_500;
    stream = openStream({
      client: 'me',
      viewing: () => null,
      isExpecting: () => false,
      onEvent: () => undefined,
      onLive: () => undefined,
      onConnection: () => undefined,
    });
    await pass(1_900);
    expect(relay.requests).toEqual([{ query: 'client=me', lastId: undefined }]);
  });

  it('says what the server said, and does not hammer it', async () => {
    await pass(5_000);
    relay.cut();
    relay.network = 'up';
    relay.status = 503;
    const before = relay.requests.length;
    await pass(10_000);
    expect(reasons.at(-1)).toMatch(/restarting/);
    expect(relay.requests.length - before).toBeLessThanOrEqual(21);
    relay.status = 200;
    await pass(1_000);
    expect(phases.at(-1)).toBe('live');
  });

  it('is made anew when the device comes online, and the old one is let go without a word', async () => {
    await pass(5_000);
    relay.dead = 1;
    stream.online();
    await pass(50);
    expect(relay.streams).toBe(1);
    expect(phases).toEqual(['live']);
    expect(relay.requests.length).toBeGreaterThanOrEqual(2);
    await pass(10_000);
    expect(relay.streams).toBe(1);
    expect(phases).toEqual(['live']);
  });

  it('looks at once when the device wakes, after whatever time', async () => {
    await pass(50);
    relay.cut();
    vi.stubGlobal('document', { hidden: true });
    await pass(600_000);
    relay.network = 'up';
    vi.stubGlobal('document', { hidden: false });
    stream.check();
    await pass(50);
    expect(phases.at(-1)).toBe('live');
  });

  it('takes nothing for live that slept, though the clock of the page stood still', async () => {
    await pass(100);
    relay.network = 'silent';
    vi.setSystemTime(Date.now() + 60_000);
    stream.check();
    expect(phases).toEqual(['live', 'reconnecting']);
    relay.network = 'up';
    await pass(2_000);
    expect(phases.at(-1)).toBe('live');
  });

  it('is made anew after nobody has looked for a while, whatever was heard just now', async () => {
    await pass(50);
    stream.hidden();
    await pass(5_000);
    relay.beat();
    await pass(10);
    expect(relay.requests).toHaveLength(1);
    stream.check();
    expect(relay.requests).toHaveLength(2);
    await pass(50);
    expect(relay.streams).toBe(1);
    stream.hidden();
    await pass(500);
    relay.beat();
    await pass(10);
    stream.check();
    expect(relay.requests).toHaveLength(2);
  });

  it('says at once that the device is offline', async () => {
    await pass(50);
    stream.offline();
    expect(phases).toEqual(['live', 'reconnecting']);
  });

  it('asks for nothing any more once it is stopped', async () => {
    await pass(50);
    stream.stop();
    const count = relay.requests.length;
    await pass(60_000);
    expect(relay.requests).toHaveLength(count);
    expect(relay.streams).toBe(0);
  });
});
