/** Where the page shows what is in a chat's working copy. Pure. */
import { relativePath } from '@/shared/format';

export function diffAddress(chat: string, against?: string): string {
  return `/chat/${chat}/diff${against === undefined ? '' : `?against=${encodeURIComponent(against)}`}`;
}

export function logAddress(chat: string): string {
  return `/chat/${chat}/log`;
}

/** A folder's path ends with a slash; the root's is empty. */
export function filesAddress(chat: string, path = '', line?: number): string {
  const query = new URLSearchParams({
    ...(path === '' ? {} : { path }),
    ...(line ? { line: String(line) } : {}),
  });
  const text = query.toString().replaceAll('%2F', '/');
  return `/chat/${chat}/files${text === '' ? '' : `?${text}`}`;
}

/** The path in the working copy of a file that a tool names; null when it is elsewhere. */
export function pathInside(path: string, directory: string): string | null {
  const inner = relativePath(path, directory);
  return inner === '' || inner.startsWith('/') || inner.split('/').includes('..') ? null : inner;
}

/** A path in two: when there is no room it is the folder that is cut, never the name. */
export function splitPath(path: string): { folder: string; name: string } {
  const end = path.lastIndexOf('/') + 1;
  return { folder: path.slice(0, end), name: path.slice(end) };
}
