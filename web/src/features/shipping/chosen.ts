/** Which files go into a commit. Pure. */
import type { FileChange } from '@/shared/api/git';

/** The paths of the files that are not left out, of renamed ones both; null when none is left out. */
export function chosenPaths(files: readonly FileChange[], left: ReadonlySet<string>): string[] | null {
  if (files.every(({ path }) => !left.has(path))) return null;
  return files
    .filter(({ path }) => !left.has(path))
    .flatMap(({ path, old_path }) => (old_path == null ? [path] : [path, old_path]));
}

/** With one more left out, or taken in again. */
export function toggled(left: ReadonlySet<string>, path: string): ReadonlySet<string> {
  const next = new Set(left);
  if (!next.delete(path)) next.add(path);
  return next;
}
