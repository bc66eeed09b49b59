/**
 * The page without a network: its files are kept here, and its start falls back to them. Whatever else is asked for
 * (streams, uploads, the API, the login, opencode's own pages) is not touched.
 */
import { isPageAddress } from '@/shared/pageAddresses';
import { lastSeenDatabase, pageCachePrefix as prefix } from '@/shared/serviceWorkerMessages';

export interface Build {
  /** Changes with every build. */
  id: string;
  /** The addresses of all its files but its start. */
  files: readonly string[];
}

/** Where the page's start is kept; all its addresses get the same. */
const start = '/';
/** So long a network may take to answer before the page starts without it, in milliseconds. */
const patience = 2_500;

type Asked = Pick<Request, 'method' | 'mode' | 'url'>;

/** What a request is to the page: its start, one of its files, or nothing. */
export function kindOf({ method, mode, url }: Asked, origin: string): 'start' | 'file' | null {
  const { origin: asked, pathname } = new URL(url);
  if (method !== 'GET' || asked !== origin) return null;
  if (mode === 'navigate') return isPageAddress(pathname) ? 'start' : null;
  return pathname.startsWith('/ocweb/assets/') ? 'file' : null;
}

/** What the worker has of its surroundings. */
export interface Surroundings {
  caches: CacheStorage;
  fetch: typeof fetch;
}

/** The same, with what the page remembers. */
export interface Kept extends Surroundings {
  indexedDB: Pick<IDBFactory, 'deleteDatabase'>;
}

/**
 * The page's start from the network, be it a redirect to the login; as it is kept where there is no answer, none in
 * time, or only that something is down.
 */
export async function answerStart(
  request: Request,
  build: Build,
  { caches, fetch, indexedDB }: Kept,
): Promise<Response> {
  const kept = await caches.match(start, { cacheName: prefix + build.id });
  const asked = fetch(request).then(async (answer) => {
    if (answer.type === 'opaqueredirect') await forgetSeen({ caches, indexedDB });
    return answer;
  });
  if (!kept) return asked;
  const network = asked.then(
    (answer) => (answer.status >= 500 ? kept.clone() : answer),
    () => kept.clone(),
  );
  const late = new Promise<Response>((done) => setTimeout(() => done(kept.clone()), patience));
  return Promise.race([network, late]);
}

/**
 * The login is over, as the start is answered with another address only then. The page does not get to know it, so what it
 * would show without a network is forgotten here. What was written and not sent stays.
 */
async function forgetSeen({ caches, indexedDB }: Pick<Kept, 'caches' | 'indexedDB'>): Promise<void> {
  indexedDB.deleteDatabase(lastSeenDatabase);
  for (const name of await caches.keys()) if (name.startsWith(prefix)) await caches.delete(name);
}

/** A file under a name that never means anything else: as it is kept, of whichever build, and from now on kept. */
export async function answerFile(
  request: Request,
  build: Build,
  { caches, fetch }: Surroundings,
): Promise<Response> {
  const kept = await caches.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  // Those that are not of the list come with what is shown: the languages of code, for instance.
  if (answer.ok) {
    const cache = await caches.open(prefix + build.id);
    await cache.put(request.url, answer.clone()).catch(() => undefined);
  }
  return answer;
}

/** Fetches, one by one, what of the build is not kept yet; its start last, so that it never starts without its files. */
export async function prepare(build: Build, { caches, fetch }: Surroundings): Promise<void> {
  const cache = await caches.open(prefix + build.id);
  for (const file of build.files) {
    if (await cache.match(file)) continue;
    const answer = (await caches.match(file)) ?? (await fetch(file));
    if (!answer.ok) throw new Error(`${file} was answered with ${answer.status}`);
    await cache.put(file, answer);
  }
  if (await cache.match(start)) return;
  const answer = await fetch(start, {
    cache: 'no-store',
    redirect: 'error',
    headers: { Accept: 'text/html' },
  });
  const text = await answer.clone().text();
  // Another build's, where one was deployed meanwhile: that has a worker of its own.
  if (!answer.ok || !isStartOf(build, text)) throw new Error('the start of the page is not of this build');
  await cache.put(start, answer);
}

/** Whether all files that a start asks for are the build's. */
export function isStartOf(build: Build, html: string): boolean {
  const asked = [...html.matchAll(/\/ocweb\/assets\/[^"]+/g)].map(([file]) => file);
  return asked.length > 0 && asked.every((file) => build.files.includes(file));
}

/** Forgets the builds before the last one: that may still be open somewhere, and asks for its files. */
export async function forgetOld(build: Build, { caches }: Pick<Surroundings, 'caches'>): Promise<void> {
  const others = (await caches.keys()).filter(
    (name) => name.startsWith(prefix) && name !== prefix + build.id,
  );
  for (const name of others.slice(0, -1)) await caches.delete(name);
}
