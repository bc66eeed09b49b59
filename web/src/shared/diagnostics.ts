/**
 * What this page did lately, for `/debug` and for reports: bounded, cheap, and without contents or secrets (types of
 * events, paths of requests, sentences of errors).
 */

export interface Note {
  /** Milliseconds since 1970. */
  at: number;
  text: string;
}

/** The last so many notes. */
export interface Ring {
  add(text: string): void;
  /** The oldest first. */
  all(): readonly Note[];
}

export function createRing(size: number, now: () => number = Date.now): Ring {
  const notes: Note[] = [];
  let next = 0;
  return {
    add(text) {
      notes[next] = { at: now(), text };
      next = (next + 1) % size;
    },
    all: () => [...notes.slice(next), ...notes.slice(0, next)],
  };
}

export const diagnostics = {
  events: createRing(200),
  requests: createRing(100),
  connection: createRing(50),
  errors: createRing(50),
};

/** Longer is cut: a stack of React's components has hundreds of lines. */
const longest = 1_500;

export function noteError(where: string, error: unknown, more = ''): void {
  const words = error instanceof Error ? (error.stack ?? `${error.name}: ${error.message}`) : String(error);
  diagnostics.errors.add(`${where}: ${withoutSecrets(`${words}${more}`).slice(0, longest)}`);
}

/** A request as it is noted: without what a query may carry. */
export function noteRequest(
  method: string,
  path: string,
  status: number | string,
  milliseconds: number,
): void {
  diagnostics.requests.add(`${method} ${withoutQuery(path)} ${status} ${Math.round(milliseconds)} ms`);
}

/** The path, with the names in its query and none of the values. */
export function withoutQuery(path: string): string {
  const [before = '', query] = path.split('?');
  if (query === undefined) return before;
  const names = query.split('&').map((pair) => pair.split('=')[0]);
  return `${before}?${names.join('&')}`;
}

/** Query values in a text, as in addresses of scripts and requests that an error tells of. */
export function withoutSecrets(text: string): string {
  return text.replace(/([?&][\w-]+)=[^&\s)'"]+/g, '$1=…');
}
