import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Connection } from './state';
import { openStream, type Stream } from './stream';

/** A server whose network can be cut in both ways: told (a reset) and not told (silence). */
class Server {
  network: 'up' | 'reset' | 'silent' = 'up';
  connections = 0;
  #open: ReadableStreamDefaultController<Uint8Array>[] = [];

  fetch = (_path: string, { signal }: { signal: AbortSignal }): Promise<Response> => {
    this.connections += 1;
    if (this.network === 'reset') return Promise.reject(new TypeError('Failed to fetch'));
    if (this.network === 'silent') return never(signal);
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#open.push(controller);
        signal.addEventListener('abort', () => controller.error(signal.reason));
      },
    });
    this.say('server.connected');
    return Promise.resolve(new Response(body));
  };

  /** How long an answer takes, in milliseconds. */
  delay = 0;

  ping = (signal: AbortSignal): Promise<unknown> => {
    if (this.network === 'up' && this.delay > 0) {
      return Promise.race([never(signal), new Promise((resolve) => setTimeout(resolve, this.delay))]);
    }
    if (this.network === 'reset') return Promise.reject(new TypeError('Failed to fetch'));
    return this.network === 'silent' ? never(signal) : Promise.resolve();
  };

  say(type: string): void {
    if (this.network !== 'up') return;
    const line = `data: ${JSON.stringify({ payload: { id: 'evt_1', type, properties: {} } })}\n\n`;
    this.#open.at(-1)?.enqueue(new TextEncoder().encode(line));
  }

  cut(): void {
    this.network = 'reset';
    for (const controller of this.#open.splice(0)) controller.error(new TypeError('network error'));
  }
}

/** A request into a network that swallows it. */
function never(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

const server = { current: new Server() };
let stream: Stream;
let phases: Connection['phase'][];
let expecting: boolean;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance', 'Date'],
  });
  // The platform's own timeout does not follow the fake clock.
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException('', 'TimeoutError')), milliseconds);
    return controller.signal;
  });
  vi.stubGlobal('document', { hidden: false });
  server.current = new Server();
  vi.stubGlobal('fetch', server.current.fetch);
  phases = [];
  expecting = true;
  stream = openStream({
    onEvent: () => undefined,
    onConnection: ({ phase }) => phases.push(phase),
    ping: server.current.ping,
    isExpecting: () => expecting,
  });
});

afterEach(() => {
  stream.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('the stream', () => {
  it('is live once the server has said so', async () => {
    await pass(50);
    expect(phases).toEqual(['live']);
  });

  it('says at once that it was reset, and is back within a second of the network', async () => {
    await pass(50);
    server.current.cut();
    await pass(50);
    expect(phases).toEqual(['live', 'reconnecting']);
    await pass(20_000);
    server.current.network = 'up';
    await pass(1_000);
    expect(phases.at(-1)).toBe('live');
  });

  it('notices within five seconds that the network swallows everything, and is back within two of its return', async () => {
    await pass(50);
    server.current.network = 'silent';
    await pass(4_500);
    expect(phases).toEqual(['live', 'reconnecting']);
    await pass(20_000);
    server.current.network = 'up';
    await pass(2_000);
    expect(phases.at(-1)).toBe('live');
  });

  it('stays as it is while the server is merely quiet', async () => {
    const heartbeat = setInterval(() => server.current.say('server.heartbeat'), 10_000);
    await pass(50_000);
    clearInterval(heartbeat);
    expect(phases).toEqual(['live']);
    expect(server.current.connections).toBe(1);
  });

  it('does not believe a stream that has lost its heartbeat, though the server answers', async () => {
    await pass(15_000);
    expect(phases).toEqual(['live', 'reconnecting', 'live']);
  });

  it('does not begin anew again and again because the server is slow', async () => {
    server.current.delay = 5_000;
    const heartbeat = setInterval(() => server.current.say('server.heartbeat'), 10_000);
    await pass(120_000);
    clearInterval(heartbeat);
    expect(phases.at(-1)).toBe('live');
    expect(server.current.connections).toBeLessThanOrEqual(4);
  });

  it('looks at once when the device comes online', async () => {
    expecting = false;
    await pass(50);
    server.current.cut();
    await pass(120_000);
    server.current.network = 'up';
    stream.check();
    await pass(50);
    expect(phases.at(-1)).toBe('live');
  });

  it('says at once that the device is offline', async () => {
    await pass(50);
    stream.offline();
    expect(phases).toEqual(['live', 'reconnecting']);
  });

  it('asks for nothing any more once it is stopped', async () => {
    await pass(50);
    stream.stop();
    const { connections } = server.current;
    await pass(60_000);
    expect(server.current.connections).toBe(connections);
  });
});
