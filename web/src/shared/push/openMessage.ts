/** How the service worker asks an open page to show an address: it cannot navigate a page that it does not control. */

const kind = 'ocweb.open';

export interface OpenMessage {
  kind: typeof kind;
  path: string;
}

export function openMessage(path: string): OpenMessage {
  return { kind, path };
}

/** The path to show, when that is what the message asks. */
export function pathToOpen(message: unknown): string | null {
  if (typeof message !== 'object' || message === null) return null;
  if (!('kind' in message) || message.kind !== kind) return null;
  if (!('path' in message) || typeof message.path !== 'string') return null;
  // An address of this page only: "//elsewhere" would be another host.
  return /^\/(?![/\\])/.test(message.path) ? message.path : null;
}
