/** A working copy's state as a few signs, and as words for who hears them. Pure. */
import type { GitStat } from '@/shared/api/git';
import { count, plural } from '@/shared/format';

export interface StatPart {
  /** Also the name of its colour. */
  kind: 'conflicts' | 'clean' | 'added' | 'deleted' | 'ahead' | 'behind';
  short: string;
  words: string;
}

export function statParts(stat: GitStat): StatPart[] {
  const { ahead, behind, additions, deletions, files, conflicts } = stat;
  const parts: StatPart[] = [];
  if (conflicts > 0) {
    const words = plural(conflicts, 'conflict');
    parts.push({ kind: 'conflicts', short: words, words });
  }
  if (files > 0) {
    parts.push({ kind: 'added', short: `+${count(additions)}`, words: `${plural(additions, 'line')} added` });
    parts.push({
      kind: 'deleted',
      short: `−${count(deletions)}`,
      words: `${plural(deletions, 'line')} deleted`,
    });
  } else if (conflicts === 0) parts.push({ kind: 'clean', short: 'clean', words: 'nothing changed' });
  if (ahead > 0)
    parts.push({ kind: 'ahead', short: `↑${count(ahead)}`, words: `${plural(ahead, 'commit')} ahead` });
  if (behind > 0) {
    parts.push({ kind: 'behind', short: `↓${count(behind)}`, words: `${plural(behind, 'commit')} behind` });
  }
  return parts;
}
