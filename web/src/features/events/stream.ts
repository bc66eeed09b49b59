/**
 * The connection to the relay's event stream, kept up by itself: it notices a cut, says so, and comes back where
 * it was.
 *
 * A cut is not always told (a phone that changes networks gets no reset), so the relay says by when the next frame
 * comes, and silence beyond that is a cut. Then several attempts race, and the first that is answered with a frame
 * wins: over HTTP/1.1 a browser sends a request on any connection that it still holds for good, and the network
 * swallows each that goes out on an old one. An attempt that is given up takes its dead connection with it.
 */
import { goToLogin, sentenceOf } from '@/shared/http';
import { createClock } from './clock';
import { type Numbered, readEvent } from './event';
import { createParser } from './parser';
import type { Connection } from './state';

export interface StreamOptions {
  /** The chat that is to be carried; asked at each attempt. */
  viewing(): string | null;
  /** Names this page to the relay. */
  client: string;
  /** Whether something runs. */
  isExpecting(): boolean;
  onEvent(event: Numbered): void;
  /** The stream has begun (again). `carries` is the chat that the attempt asked for. */
  onLive(carries: string | null): void;
  onConnection(connection: Connection): void;
}

export interface Stream {
  /** Nobody looks any more. */
  hidden(): void;
  /** The device woke up, or is looked at again: make sure, at once, that the connection is good. */
  check(): void;
  /** The device is online again, perhaps on another network: the old connection is not to be trusted. */
  online(): void;
  /** The device says that it is offline. */
  offline(): void;
  stop(): void;
}

/** An attempt that has not been answered with a frame yet, or the one that has. */
interface Attempt {
  controller: AbortController;
  begun: number;
  /** When it last gave anything, headers included; -Infinity while it has not. */
  heard: number;
  /** How long it may go without giving anything. */
  life: number;
}

const tick = 200;
/** Beyond the time by which the relay said that the next frame comes. */
const grace = 1_000;
/** Until the first heartbeat has told by when to expect the next frame. */
const firstWithin = 10_000;
/** What the relay promises while something runs: a promise from before that began is not waited for. */
const withinWhileRunning = 2_000;
/** A brisk attempt is given up soon, as it may be on a dead connection; a patient one suits a slow network. */
const briskLife = 1_300;
const patientLife = 12_000;
/** Brisk attempts under way at once; with the patient one that leaves half of a browser's six connections. */
const briskAtOnce = 2;
/** At the moment at which the silence is noticed: enough to use up what dead connections the browser holds. */
const briskBurst = 4;
/** While cut off, how often an attempt is made; less often at the start of the page (there is no dead connection
    yet), after a minute, and while nobody looks. */
const between = 500;
const betweenFirst = 2_000;
const betweenLater = 1_500;
const betweenHidden = 5_000;
/** An attempt that gave something this recently is on its way. */
const arriving = 1_500;
/** A stream that was heard this recently needs no check. */
const recently = 2_000;
/** After having been hidden for longer a connection may be dead though something was heard: it was on its way before. */
const briefly = 3_000;

export function openStream(options: StreamOptions): Stream {
  const clock = createClock();
  let stopped = false;
  let current: Attempt | null = null;
  let within = firstWithin;
  /** Whether something has been running ever since that was promised. */
  let wasExpecting = false;
  let lastId: string | null = null;
  let wasLive = false;
  let cutAt = clock();
  let lastBegun = 0;
  const racing = new Set<Attempt>();
  /** Since when nobody looks. */
  let hiddenAt: number | null = null;

  function begin(life: number): void {
    const now = clock();
    const attempt: Attempt = { controller: new AbortController(), begun: now, heard: -Infinity, life };
    lastBegun = now;
    racing.add(attempt);
    void run(attempt);
  }

  async function run(attempt: Attempt): Promise<void> {
    let reason: string | null = null;
    try {
      reason = await follow(attempt);
    } catch {
      // A cut is ordinary; what matters is said by `lost`.
    }
    racing.delete(attempt);
    if (attempt === current) lost(reason);
    else if (current === null && reason !== null && !stopped) say(reason);
  }

  /** Reads the stream to its end; answers what the server said instead of a stream. */
  async function follow(attempt: Attempt): Promise<string | null> {
    const viewing = options.viewing();
    const query = new URLSearchParams({ client: options.client, ...(viewing === null ? {} : { viewing }) });
    const response = await fetch(`/admin/events?${query}`, {
      headers: { Accept: 'text/event-stream', ...(lastId === null ? {} : { 'Last-Event-ID': lastId }) },
      cache: 'no-store',
      signal: attempt.controller.signal,
    });
    attempt.heard = clock();
    if (response.status === 401) {
      goToLogin();
      return null;
    }
    if (!response.ok || !response.body) {
      const restarting = [502, 503, 504].includes(response.status);
      if (restarting) return 'A part of ocweb is restarting.';
      return sentenceOf(await response.json().catch(() => null), response.status);
    }
    const parser = createParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || stopped) return null;
      attempt.heard = clock();
      for (const frame of parser.push(value)) {
        const numbered = readEvent(frame);
        if (attempt !== current) {
          if (!racing.has(attempt)) return null;
          won(attempt);
          if (frame.id !== null) lastId = frame.id;
          if (numbered) options.onEvent(numbered);
          options.onConnection({ phase: 'live' });
          options.onLive(viewing);
          continue;
        }
        if (frame.id !== null) lastId = frame.id;
        if (numbered?.event.type === 'heartbeat') {
          within = numbered.event.within_ms;
          wasExpecting = options.isExpecting();
        } else if (numbered) options.onEvent(numbered);
      }
    }
  }

  function won(attempt: Attempt): void {
    racing.delete(attempt);
    const others = [...racing, ...(current ? [current] : [])];
    racing.clear();
    current = attempt;
    wasLive = true;
    for (const other of others) other.controller.abort();
  }

  function say(reason: string | null): void {
    options.onConnection({ phase: 'reconnecting', reason });
  }

  /** Whether the stream is quiet for longer than it may be. */
  function isSilent({ heard }: Attempt): boolean {
    const isOutdated = options.isExpecting() && !wasExpecting;
    const longest = isOutdated ? Math.min(within, withinWhileRunning) : within;
    return clock() - heard > longest + grace;
  }

  /** What was live is not any more. */
  function lost(reason: string | null): void {
    const dead = current;
    current = null;
    cutAt = clock();
    dead?.controller.abort();
    if (stopped) return;
    say(reason);
    begin(patientLife);
  }

  function silent(): void {
    lost(null);
    for (let count = 0; count < briskBurst; count += 1) begin(briskLife);
  }

  const timer = setInterval(() => {
    const now = clock();
    wasExpecting &&= options.isExpecting();
    if (current) {
      if (isSilent(current)) silent();
      return;
    }
    giveUp(now);
    const attempts = [...racing];
    // Something is coming in: it is not hurried.
    if (attempts.some(({ heard }) => now - heard < arriving) || now - lastBegun < pause(now)) return;
    if (!attempts.some(({ life }) => life === patientLife)) begin(patientLife);
    else if (attempts.length <= briskAtOnce) begin(briskLife);
  }, tick);

  function pause(now: number): number {
    if (document.hidden) return betweenHidden;
    if (!wasLive) return betweenFirst;
    return now - cutAt < 60_000 ? between : betweenLater;
  }

  /** Ends the attempts that have given nothing for as long as they may. */
  function giveUp(now: number): void {
    for (const attempt of racing) {
      const silence = now - Math.max(attempt.begun, attempt.heard);
      if (silence > (attempt.heard > attempt.begun ? patientLife : attempt.life)) attempt.controller.abort();
    }
  }

  begin(patientLife);

  return {
    hidden() {
      hiddenAt ??= clock();
    },
    check() {
      if (stopped) return;
      const now = clock();
      const wasAway = hiddenAt !== null && now - hiddenAt > briefly;
      hiddenAt = null;
      if (current === null) {
        cutAt = now;
        begin(briskLife);
      } else if (isSilent(current)) silent();
      else if (wasAway || now - current.heard > recently) begin(briskLife);
    },
    online() {
      if (stopped) return;
      cutAt = clock();
      begin(briskLife);
      begin(briskLife);
    },
    offline() {
      if (!stopped && current) lost(null);
    },
    stop() {
      stopped = true;
      clearInterval(timer);
      for (const attempt of [...racing, ...(current ? [current] : [])]) attempt.controller.abort();
    },
  };
}
