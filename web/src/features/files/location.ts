/** Where in the working copy somebody is, as the page's address says it. Pure. */

export type Location =
  /** Of the root the path is empty. */
  { kind: 'folder'; path: string } | { kind: 'file'; path: string; line: number | null };

/** A folder's path ends with a slash. */
export function readLocation(query: URLSearchParams): Location {
  const path = query.get('path') ?? '';
  if (path === '' || path.endsWith('/')) return { kind: 'folder', path: path.replace(/\/+$/, '') };
  const line = Number(query.get('line'));
  return { kind: 'file', path, line: Number.isSafeInteger(line) && line > 0 ? line : null };
}

/** The folders that lead to a path, the outermost first, without the path itself. */
export function parentsOf(path: string): { name: string; path: string }[] {
  const names = path.split('/').slice(0, -1);
  return names.map((name, index) => ({ name, path: `${names.slice(0, index + 1).join('/')}/` }));
}

/** Those that the server gives out as pictures; an SVG can be read as text. */
const pictures = /\.(png|jpe?g|gif|webp|avif)$/i;

export function isPicture(path: string): boolean {
  return pictures.test(path);
}
