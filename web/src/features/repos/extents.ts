/** How much of a repository is cloned, in words. */
import type { Extent } from '@/shared/api/admin';

export const extents: readonly { extent: Extent; words: string; note: string }[] = [
  { extent: 'full', words: 'everything', note: 'All commits and all files.' },
  {
    extent: 'without_old_files',
    words: 'without old files',
    note: 'All commits; an old file is fetched when somebody looks at it. For big repositories.',
  },
  {
    extent: 'latest_only',
    words: 'latest only',
    note: 'No history: log and blame end at the newest commit, for agents too. Merging what parted earlier fails.',
  },
];

export function extentWords(extent: Extent): string {
  return extents.find((each) => each.extent === extent)?.words ?? extent;
}
