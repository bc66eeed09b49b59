/** What speaks against deleting something, and how the server is told to delete it all the same. Pure. */
import type { Schema } from './api/schema';
import { RequestError } from './http';

export type DeletionReason = Schema<'DeletionReason'>;

/** The reasons for which the server refused; null when it failed in another way. */
export function reasonsOf(error: unknown): readonly DeletionReason[] | null {
  if (!(error instanceof RequestError) || error.kind !== 'deletion-refused') return null;
  return (error.problem as Schema<'DeletionRefused'>).reasons;
}

/** Names reasons as they were shown. What has come up since is refused again. */
export function acceptance(reasons: readonly DeletionReason[]): string {
  return reasons.map(({ kind, count }) => `${kind}:${count}`).join(',');
}

/** All that was shown in several refusals: of each kind the most. What is deleted in parts is refused in parts. */
export function together(
  some: readonly DeletionReason[],
  more: readonly DeletionReason[],
): readonly DeletionReason[] {
  const others = some.filter((reason) => isNew(reason, more));
  return [...others, ...more.filter(({ kind }) => !others.some((other) => other.kind === kind))];
}

const saved: ReadonlySet<DeletionReason['kind']> = new Set([
  'uncommitted-changes',
  'unpushed-commits',
  'stash-entries',
]);

/** Whether what would be gone is saved before. */
export function isSaveable({ kind }: DeletionReason): boolean {
  return saved.has(kind);
}

/** Whether a reason was not among those shown before, or has become more. */
export function isNew({ kind, count }: DeletionReason, before: readonly DeletionReason[]): boolean {
  return !before.some((known) => known.kind === kind && known.count >= count);
}
