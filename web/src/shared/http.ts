/** Requests to our own origin: every failure becomes one `RequestError` with a sentence for the reader. */
import { noteRequest } from './diagnostics';

/** Why a request failed. `status` is 0 when no answer came at all. */
export class RequestError extends Error {
  readonly status: number;
  /** The last segment of the problem document's `type`, such as `chat-deleted`. */
  readonly kind: string;
  /** The problem document as it came, where there was one. */
  readonly problem: unknown;

  constructor(message: string, status: number, kind = '', options?: ErrorOptions & { problem?: unknown }) {
    super(message, options);
    this.name = 'RequestError';
    this.status = status;
    this.kind = kind;
    this.problem = options?.problem ?? null;
  }
}

/** The sentence to show for anything that was thrown. */
export function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const onLogout = new Set<() => Promise<void>>();

/** Has something wiped when this device is not logged in any more; answers what ends that. */
export function whenLoggedOut(wipe: () => Promise<void>): () => void {
  onLogout.add(wipe);
  return () => onLogout.delete(wipe);
}

/** Wipes what was seen by who was logged in; never rejects, and never takes long. */
async function wipeForLogout(): Promise<void> {
  const wiping = [...onLogout].map((wipe) => wipe());
  await Promise.race([Promise.allSettled(wiping), new Promise((done) => setTimeout(done, 1_000))]);
}

let isLeaving = false;

/** Ends the login by `end` and goes to where one begins; stays where `end` rejects. */
export async function leave(end: () => Promise<void>): Promise<void> {
  isLeaving = true;
  try {
    await end();
  } catch (error) {
    isLeaving = false;
    throw error;
  }
  await wipeForLogout();
  location.replace('/auth/login');
}

/**
 * Sends the whole page to the login, which comes back here. What was seen is wiped; what was written stays: whoever
 * logs in again, after a login that has merely ended, wants to go on with it.
 */
export function goToLogin(): void {
  // Its person logs out: the answers to what is still asked for are not to come in between.
  if (isLeaving) return;
  void wipeForLogout();
  const here = location.pathname + location.search;
  location.assign(`/auth/login?next=${encodeURIComponent(here)}`);
}

type Json = Record<string, unknown>;

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}

/** The best sentence in an error body: RFC 9457 (ours) or one of opencode's own shapes. */
export function sentenceOf(body: unknown, status: number): string {
  if (isRecord(body)) {
    const data = isRecord(body.data) ? body.data.message : undefined;
    for (const candidate of [body.detail, body.title, data, body.message]) {
      if (typeof candidate === 'string' && candidate !== '') return candidate;
    }
  }
  if (status === 503 || status === 502 || status === 504) {
    return 'A part of ocweb is not answering; it is being restarted.';
  }
  return `The server answered ${status}.`;
}

function kindOf(body: unknown): string {
  if (!isRecord(body) || typeof body.type !== 'string') return '';
  return body.type.split(/[/:#]/).pop() ?? '';
}

async function failure(response: Response): Promise<RequestError> {
  const body: unknown = await response.json().catch(() => null);
  return new RequestError(sentenceOf(body, response.status), response.status, kindOf(body), {
    problem: body,
  });
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  /** Milliseconds until the request counts as failed. */
  timeout?: number;
  signal?: AbortSignal | undefined;
  /** Whether it is sent though the page ends meanwhile. */
  keepalive?: boolean;
  /** What a redirect means; followed unless told. */
  redirect?: 'follow' | 'error';
}

/** Ends what is being read when the connection is cut. */
let reading = new AbortController();

/**
 * Ends every request that only reads: the connection that it waits on is dead. Over HTTP/1.1 a browser has six
 * connections, and does not open another while these hang.
 */
export function abandonReads(): void {
  reading.abort();
  reading = new AbortController();
}

/** Sends a request and returns the response when it is 2xx; throws `RequestError` else. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', body, headers, timeout = 30_000, signal } = options;
  const { keepalive = false, redirect = 'follow' } = options;
  const limit = AbortSignal.timeout(timeout);
  const signals = [limit, ...(signal ? [signal] : []), ...(method === 'GET' ? [reading.signal] : [])];
  const begun = performance.now();
  const note = (outcome: number | string) => noteRequest(method, path, outcome, performance.now() - begun);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      // Without the browser's cache: it would have one request wait for another of the same address.
      cache: 'no-store',
      keepalive,
      redirect,
      headers: {
        Accept: 'application/json',
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.any(signals),
    });
  } catch (cause) {
    note(signal?.aborted ? 'given up' : limit.aborted ? 'no answer in time' : 'no answer');
    if (signal?.aborted) throw cause;
    const message = limit.aborted
      ? 'The server did not answer in time.'
      : 'The server cannot be reached. Is this device online?';
    throw new RequestError(message, 0, '', { cause });
  }
  note(response.status);
  if (response.status === 401) goToLogin();
  if (!response.ok) throw await failure(response);
  return response;
}

/** As `send`, with the body parsed. An HTML page where JSON was asked for is a failure: opencode answers unknown paths so. */
export async function sendJson<T>(path: string, options?: RequestOptions): Promise<T> {
  const response = await send(path, options);
  return parse<T>(response);
}

/** The JSON body of a response that `send` returned. */
export async function parse<T>(response: Response): Promise<T> {
  try {
    return (await response.json()) as T;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw new RequestError('The connection was cut.', 0, '', { cause });
    throw new RequestError('The server sent something that is not JSON.', response.status, '', { cause });
  }
}
