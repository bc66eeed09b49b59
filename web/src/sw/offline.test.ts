import { beforeEach, describe, expect, it, vi } from 'vitest';
import { answerFile, answerStart, type Build, forgetOld, isStartOf, kindOf, prepare } from './offline';

const origin = 'https://ocweb.example';
const build: Build = { id: 'new', files: ['/ocweb/assets/index-1.js', '/ocweb/assets/diff-1.js'] };
const html = '<script type="module" src="/ocweb/assets/index-1.js"></script>';

const key = (request: RequestInfo | URL) =>
  new URL(request instanceof Request ? request.url : request, origin).href;

class FakeCache {
  entries = new Map<string, Response>();
  match = async (request: RequestInfo | URL) => this.entries.get(key(request))?.clone();
  put = async (request: RequestInfo | URL, response: Response) =>
    void this.entries.set(key(request), response);
}

let stores: Map<string, FakeCache>;
let asked: string[];
let network: (path: string) => Promise<Response>;

const caches = {
  open: async (name: string) => {
    const cache = stores.get(name) ?? new FakeCache();
    stores.set(name, cache);
    return cache;
  },
  keys: async () => [...stores.keys()],
  delete: async (name: string) => stores.delete(name),
  match: async (request: RequestInfo | URL, options?: { cacheName?: string }) => {
    for (const [name, cache] of stores) {
      if (options?.cacheName !== undefined && options.cacheName !== name) continue;
      const found = await cache.match(request);
      if (found) return found;
    }
    return undefined;
  },
} as unknown as CacheStorage;

let dropped: string[];

const around = {
  caches,
  indexedDB: {
    deleteDatabase: (name: string) => void dropped.push(name),
  } as unknown as Pick<IDBFactory, 'deleteDatabase'>,
  fetch: ((request: RequestInfo | URL) => {
    const path = new URL(key(request)).pathname;
    asked.push(path);
    return network(path);
  }) as typeof fetch,
};

const text = async (answer: Promise<Response>) => (await answer).text();
const startRequest = new Request(`${origin}/chat/ses_1`);

beforeEach(() => {
  stores = new Map();
  asked = [];
  dropped = [];
  network = async (path) => new Response(path === '/' ? html : path);
});

describe('what is touched', () => {
  const kind = (path: string, mode: RequestMode = 'navigate', method = 'GET') =>
    kindOf({ method, mode, url: new URL(path, origin).href }, origin);

  it("is the page's start and its files", () => {
    expect(kind('/chat/ses_1?x=1')).toBe('start');
    expect(kind('/ocweb/assets/index-1.js', 'cors')).toBe('file');
  });

  it('is nothing else', () => {
    for (const path of [
      '/auth/login',
      '/admin/docs',
      '/L3RtcA/session/ses_1',
      '/ocweb/manifest.webmanifest',
    ]) {
      expect(kind(path)).toBeNull();
    }
    expect(kind('/admin/events', 'cors')).toBeNull();
    expect(kind('/', 'cors')).toBeNull();
    expect(kind('/chat/ses_1', 'navigate', 'POST')).toBeNull();
    expect(kind('https://elsewhere.example/', 'navigate')).toBeNull();
  });
});

it('what was seen is forgotten once the start is answered with the login, and only then', async () => {
  await prepare(build, around);
  await answerStart(startRequest, build, around);
  network = async () => new Response('', { status: 503 });
  await answerStart(startRequest, build, around);
  expect([dropped, stores.size]).toEqual([[], 1]);
  const toLogin = Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' });
  network = async () => toLogin;
  expect(await answerStart(startRequest, build, around)).toBe(toLogin);
  expect([dropped, stores.size]).toEqual([['ocweb-last-seen'], 0]);
});

describe('a build', () => {
  it('is kept whole, and asked for once', async () => {
    await prepare(build, around);
    expect(asked).toEqual([...build.files, '/']);
    await prepare(build, around);
    expect(asked).toHaveLength(3);
  });

  it('takes what an earlier build had already', async () => {
    await prepare({ id: 'old', files: ['/ocweb/assets/diff-1.js', '/ocweb/assets/index-1.js'] }, around);
    asked = [];
    await prepare(build, around);
    expect(asked).toEqual(['/']);
  });

  it('never starts without its files: they come first, and it goes on where it was cut', async () => {
    network = async (path) => new Response(path, { status: path.includes('diff') ? 503 : 200 });
    await expect(prepare(build, around)).rejects.toThrow();
    network = async () => new Response('network');
    expect(await text(answerStart(startRequest, build, around))).toBe('network');
    network = async (path) => new Response(path === '/' ? html : path);
    asked = [];
    await prepare(build, around);
    expect(asked).toEqual(['/ocweb/assets/diff-1.js', '/']);
  });

  it("does not take another build's start for its own", async () => {
    network = async (path) => new Response(path === '/' ? html.replace('index-1', 'index-2') : path);
    await expect(prepare(build, around)).rejects.toThrow();
    expect(isStartOf(build, html)).toBe(true);
    expect(isStartOf(build, '<p>Welcome to our hotel</p>')).toBe(false);
  });

  it('outlives one later build, whose pages may still be open', async () => {
    for (const id of ['first', 'second', 'new']) await prepare({ ...build, id }, around);
    await caches.open('of-somebody-else');
    await forgetOld(build, around);
    expect([...stores.keys()]).toEqual(['ocweb-page-second', 'ocweb-page-new', 'of-somebody-else']);
  });
});

describe('an answer', () => {
  it("is the network's while there is one, a redirect to the login too", async () => {
    await prepare(build, around);
    const redirect = new Response(null, { status: 303 });
    network = async () => redirect;
    expect(await answerStart(startRequest, build, around)).toBe(redirect);
  });

  it('is what is kept where nothing answers, or something is down', async () => {
    await prepare(build, around);
    network = async () => new Response('down', { status: 503 });
    expect(await text(answerStart(startRequest, build, around))).toBe(html);
    network = async () => {
      throw new TypeError('no network');
    };
    expect(await text(answerStart(startRequest, build, around))).toBe(html);
    expect(await text(answerFile(new Request(`${origin}/ocweb/assets/diff-1.js`), build, around))).toContain(
      'diff-1',
    );
  });

  it('is what is kept where the network takes its time', async () => {
    await prepare(build, around);
    network = () => new Promise(() => undefined);
    vi.useFakeTimers();
    const answer = text(answerStart(startRequest, build, around));
    await vi.advanceTimersByTimeAsync(3_000);
    vi.useRealTimers();
    expect(await answer).toBe(html);
  });

  it('is kept where it is a file that was not of the list', async () => {
    const language = () => answerFile(new Request(`${origin}/ocweb/assets/rust-1.js`), build, around);
    expect(await text(language())).toContain('rust-1');
    network = async () => {
      throw new TypeError('no network');
    };
    expect(await text(language())).toContain('rust-1');
  });

  it('is that there is no network, where nothing is kept', async () => {
    network = async () => {
      throw new TypeError('no network');
    };
    await expect(answerStart(startRequest, build, around)).rejects.toThrow('no network');
  });
});
