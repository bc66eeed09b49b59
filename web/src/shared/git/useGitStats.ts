/** How far every chat's working copy is from its base: asked for when shown, and again when a run ends (`app`). */
import { useQuery } from '@tanstack/react-query';
import type { GitStat } from '@/shared/api/git';
import { queries } from '@/shared/api/queries';

function byChat(stats: GitStat[]): ReadonlyMap<string, GitStat> {
  return new Map(stats.map((stat) => [stat.id, stat]));
}

const none: ReadonlyMap<string, GitStat> = new Map();

/** By chat; empty until it is known. A chat without a working copy is never in it. */
export function useGitStats(): ReadonlyMap<string, GitStat> {
  return useQuery({ ...queries.gitStats(), select: byChat }).data ?? none;
}
