/** What the volume is full of: parts that add up to the whole of it, and the things in them by size. Pure. */
import type { Disk } from '@/shared/api/admin';

export const partNames = {
  clones: 'clones',
  worktrees: 'working copies',
  opencode: 'opencode',
  ocweb: 'ocweb',
  other: 'other files',
  free: 'free',
} as const;

export type PartKind = keyof typeof partNames;

export interface DiskPart {
  kind: PartKind;
  bytes: number;
}

/** One thing that takes room. */
export type DiskItem = { path: string; bytes: number } & (
  | { kind: 'clone'; repo: string }
  | { kind: 'worktree'; repo: string; chat: string }
  | { kind: 'opencode' | 'ocweb' }
);

function sum(things: readonly { size_bytes: number }[]): number {
  return things.reduce((total, { size_bytes }) => total + size_bytes, 0);
}

/** The volume in parts, in the order of the chart; together they are exactly its size. */
export function diskParts({ volume, repos, worktrees, opencode, ocweb }: Disk): DiskPart[] {
  const known: DiskPart[] = [
    { kind: 'clones', bytes: sum(repos) },
    { kind: 'worktrees', bytes: sum(worktrees) },
    { kind: 'opencode', bytes: opencode.size_bytes },
    { kind: 'ocweb', bytes: ocweb.size_bytes },
  ];
  const rest = Math.max(0, volume.total_bytes - known.reduce((total, { bytes }) => total + bytes, 0));
  const free = Math.min(volume.available_bytes, rest);
  return [...known, { kind: 'other', bytes: rest - free }, { kind: 'free', bytes: free }];
}

/** Everything that has a name, the largest first. */
export function diskItems({ repos, worktrees, opencode, ocweb }: Disk): DiskItem[] {
  const items: DiskItem[] = [
    ...repos.map(({ name, path, size_bytes }) => ({
      kind: 'clone' as const,
      repo: name,
      path,
      bytes: size_bytes,
    })),
    ...worktrees.map(({ repo, session_id, path, size_bytes }) => ({
      kind: 'worktree' as const,
      repo,
      chat: session_id,
      path,
      bytes: size_bytes,
    })),
    { kind: 'opencode', path: opencode.path, bytes: opencode.size_bytes },
    { kind: 'ocweb', path: ocweb.path, bytes: ocweb.size_bytes },
  ];
  return items.sort((a, b) => b.bytes - a.bytes || a.path.localeCompare(b.path));
}

/** A share in words: "12 %". */
export function share(bytes: number, total: number): string {
  const percent = total > 0 ? (100 * bytes) / total : 0;
  if (percent > 0 && percent < 1) return '< 1 %';
  return `${Math.round(percent)} %`;
}
