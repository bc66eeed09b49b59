/** What the page and its service worker say to each other about the page's own files, and where these and what it saw are kept. */

/** A cache for each build, by this and the build's id. */
export const pageCachePrefix = 'ocweb-page-';

/** Where the page keeps what it saw last. */
export const lastSeenDatabase = 'ocweb-last-seen';

const prepareKind = 'ocweb.prepare';
const preparedKind = 'ocweb.prepared';

interface Message {
  kind: typeof prepareKind | typeof preparedKind;
}

function isOf(kind: Message['kind'], message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'kind' in message && message.kind === kind;
}

/** Asks the worker to have all files of its build. */
export function prepareMessage(): Message {
  return { kind: prepareKind };
}

export function isPrepareMessage(message: unknown): boolean {
  return isOf(prepareKind, message);
}

/** Says that it has them. */
export function preparedMessage(): Message {
  return { kind: preparedKind };
}

export function isPreparedMessage(message: unknown): boolean {
  return isOf(preparedKind, message);
}
