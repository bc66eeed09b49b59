/**
 * The connection to opencode's event stream, kept up by itself: it notices a cut, says so, and comes back.
 *
 * A cut is not always told (a phone that changes networks gets no reset), so silence is suspected: after a
 * short while something small is asked for, and when that is not answered either, the connection is made anew.
 */
import { goToLogin, sentenceOf } from '@/shared/http';
import { readEvent, type StreamEvent } from './event';
import { createParser } from './parser';
import type { Connection } from './state';

export interface StreamOptions {
  onEvent(event: StreamEvent): void;
  onConnection(connection: Connection): void;
  /** Asks the server for something small; rejects when there is no answer. */
  ping(signal: AbortSignal): Promise<unknown>;
  /** Whether something is running that the reader waits for: then silence is suspected sooner. */
  isExpecting(): boolean;
}

export interface Stream {
  /** The device woke up or is online again: make sure, at once, that the connection is good. */
  check(): void;
  /** The device says that it is offline. */
  offline(): void;
  stop(): void;
}

const address = '/global/event';
const connectTimeout = 8_000;
const pingTimeout = 1_800;
/** Where answers are slow (a bad network, a busy server) more time is given, up to this. */
const patientPingTimeout = 10_000;
/** The same while cut off: what is sent into a dead network is lost, so the next is sent soon. */
const hopeTimeout = 1_000;
/** Silence before asking. The server sends a heartbeat every 10 s, so that the longer one is too long. */
const quietWhenExpecting = 1_800;
const quietWhenIdle = 12_000;
const tick = 300;
/** While cut off, how often to ask whether the server can be reached again; less often after a minute. */
const askAgain = 700;
const askAgainLater = 2_500;
/** An attempt younger than this is given its time before another is thought of. */
const patience = 1_200;
/** A timer this late means that the device slept. */
const slept = 5_000;
const retryDelays = [200, 500, 1_000, 2_000, 4_000] as const;

export function openStream(options: StreamOptions): Stream {
  let stopped = false;
  let attempt: AbortController | null = null;
  let live = false;
  let failures = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let attemptedAt = 0;
  let lastHeard = performance.now();
  let lastTick = performance.now();
  let pinging = false;

  async function connect(): Promise<void> {
    clearTimeout(retry);
    attempt?.abort();
    const controller = new AbortController();
    attempt = controller;
    attemptedAt = performance.now();
    let reason: string | null = null;
    const timeout = setTimeout(() => controller.abort(), connectTimeout);
    try {
      const response = await fetch(address, {
        headers: { Accept: 'text/event-stream' },
        cache: 'no-store',
        signal: controller.signal,
      });
      if (response.status === 401) {
        goToLogin();
        return;
      }
      if (!response.ok || !response.body) {
        const restarting = [502, 503, 504].includes(response.status);
        reason = restarting
          ? 'A part of ocweb is restarting.'
          : sentenceOf(await response.json().catch(() => null), response.status);
      } else {
        await read(response.body, controller, timeout);
      }
    } catch {
      // A cut is ordinary; what matters is said by `lost`.
    } finally {
      clearTimeout(timeout);
    }
    if (attempt === controller) lost(reason);
  }

  async function read(
    body: ReadableStream<Uint8Array<ArrayBuffer>>,
    controller: AbortController,
    timeout: ReturnType<typeof setTimeout>,
  ): Promise<void> {
    const parser = createParser();
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || attempt !== controller) return;
      lastHeard = performance.now();
      for (const data of parser.push(value)) {
        const event = readEvent(data);
        if (!event) continue;
        if (event.type === 'server.connected') {
          clearTimeout(timeout);
          live = true;
          failures = 0;
          options.onConnection({ phase: 'live' });
          // Was the alarm true, or is the server slow? Only a slow one is given more time at the next.
          if (allowed > pingTimeout) void answers(patientPingTimeout);
        }
        options.onEvent(event);
      }
    }
  }

  function lost(reason: string | null): void {
    attempt = null;
    live = false;
    if (stopped) return;
    options.onConnection({ phase: 'reconnecting', reason });
    const delay = retryDelays[Math.min(failures, retryDelays.length - 1)] ?? 4_000;
    failures += 1;
    retry = setTimeout(connect, delay * (0.75 + Math.random() / 2));
  }

  /** How long a live connection may take to prove itself: doubled by each alarm, normal again after a quick answer. */
  let allowed = pingTimeout;

  async function answers(timeout: number): Promise<boolean> {
    const asked = performance.now();
    try {
      await options.ping(AbortSignal.timeout(timeout));
      if (performance.now() - asked < pingTimeout / 2) allowed = pingTimeout;
      return true;
    } catch {
      return false;
    }
  }

  /** The stream is quiet: is it dead? */
  async function suspect(): Promise<void> {
    if (pinging) return;
    pinging = true;
    const suspected = attempt;
    const alive = await answers(allowed);
    pinging = false;
    const quiet = performance.now() - lastHeard;
    // A server that answers, and a stream without its heartbeat: the stream is dead. So it is when a phone
    // changes networks: the old connection is swallowed, and a new one works.
    if (stopped || !live || attempt !== suspected || quiet < (alive ? quietWhenIdle : pingTimeout)) return;
    live = false;
    allowed = Math.min(2 * allowed, patientPingTimeout);
    options.onConnection({ phase: 'reconnecting', reason: null });
    void connect();
  }

  /** Cut off: the moment the server answers, connect; an attempt made before that may hang in the dead network. */
  async function hope(): Promise<void> {
    if (pinging || (attempt !== null && performance.now() - attemptedAt < patience)) return;
    pinging = true;
    const hung = attempt;
    // Two, as the browser may send either on an old connection that the network swallows.
    const alive = (await Promise.all([answers(hopeTimeout), answers(hopeTimeout)])).some(Boolean);
    pinging = false;
    if (alive && !stopped && !live && attempt === hung) void connect();
  }

  let lastPing = 0;
  let cutAt = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const late = now - lastTick > slept;
    lastTick = now;
    if (live) cutAt = now;
    if (document.hidden) return;
    const between = live
      ? options.isExpecting()
        ? quietWhenExpecting
        : quietWhenIdle
      : now - cutAt < 60_000
        ? askAgain
        : askAgainLater;
    if (!late && (now - lastPing < between || now - lastHeard < between)) return;
    lastPing = now;
    void (live ? suspect() : hope());
  }, tick);

  void connect();

  return {
    check() {
      if (stopped) return;
      if (live) {
        if (performance.now() - lastHeard > 1_000) void suspect();
      } else {
        failures = 0;
        void connect();
      }
    },
    offline() {
      if (stopped || !live) return;
      live = false;
      options.onConnection({ phase: 'reconnecting', reason: null });
      attempt?.abort();
    },
    stop() {
      stopped = true;
      clearInterval(timer);
      clearTimeout(retry);
      attempt?.abort();
    },
  };
}
