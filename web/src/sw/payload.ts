/** What the notifier sends by Web Push, and the notification that it becomes. Pure. */

export interface Action {
  action: string;
  title: string;
  /** What gives this answer, once; it needs no login. */
  capability: string;
}

export interface Payload {
  title: string;
  body: string;
  /** Of notifications with one tag only the latest is shown. */
  tag: string;
  /** The path that a tap opens. */
  path: string;
  /** How much waits; null leaves the app's badge as it is. */
  badge: number | null;
  actions: readonly Action[];
}

/** What a notification remembers for its tap. */
export interface Memory {
  title: string;
  path: string;
  capabilities: Readonly<Record<string, string>>;
}

/** Browsers know more about a notification than TypeScript's library does. */
export interface Options extends NotificationOptions {
  data: Memory;
  actions: readonly { action: string; title: string }[];
  renotify: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function text(value: unknown, otherwise: string): string {
  return typeof value === 'string' && value !== '' ? value : otherwise;
}

function isAction(value: unknown): value is Action {
  return (
    isFields(value) && [value.action, value.title, value.capability].every((it) => typeof it === 'string')
  );
}

/** The path of an address of `origin`; anything else leads to the inbox. */
export function pathOf(address: unknown, origin: string): string {
  if (typeof address !== 'string' || !URL.canParse(address, origin)) return '/inbox';
  const url = new URL(address, origin);
  return url.origin === origin ? url.pathname + url.search + url.hash : '/inbox';
}

/** Reads what was pushed. Something must be shown whatever came: browsers take the right away else. */
export function readPayload(json: string, origin: string): Payload {
  const fields = parse(json);
  return {
    title: text(fields.title, 'ocweb'),
    body: text(fields.body, 'Something happened in a chat.'),
    tag: text(fields.tag, 'ocweb'),
    path: pathOf(fields.url, origin),
    badge: typeof fields.badge === 'number' && fields.badge >= 0 ? fields.badge : null,
    actions: Array.isArray(fields.actions) ? fields.actions.filter(isAction) : [],
  };
}

function parse(json: string): Fields {
  try {
    const value: unknown = JSON.parse(json);
    return isFields(value) ? value : {};
  } catch {
    return {};
  }
}

export function notificationOf({ title, body, tag, path, actions }: Payload): Options {
  return {
    body,
    tag,
    // A second request under the same tag is news: it sounds again.
    renotify: true,
    icon: '/ocweb/icons/icon-192.png',
    badge: '/ocweb/icons/icon-192.png',
    actions: actions.map(({ action, title }) => ({ action, title })),
    data: { title, path, capabilities: Object.fromEntries(actions.map((it) => [it.action, it.capability])) },
  };
}

/** Says what became of an answer. Not under the request's own tag: the page takes those back once they are answered. */
export function outcomeOf(tag: string, memory: Memory, outcome: string): Options {
  return {
    body: outcome,
    tag: `${tag}-outcome`,
    renotify: false,
    silent: true,
    icon: '/ocweb/icons/icon-192.png',
    badge: '/ocweb/icons/icon-192.png',
    actions: [],
    data: { ...memory, capabilities: {} },
  };
}

/** What the notification remembers; one that was shown by an older worker may remember something else. */
export function readMemory(data: unknown, title: string): Memory {
  const fields = isFields(data) ? data : {};
  const capabilities = isFields(fields.capabilities) ? fields.capabilities : {};
  return {
    title,
    path: text(fields.path, '/inbox'),
    capabilities: Object.fromEntries(
      Object.entries(capabilities).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
  };
}
