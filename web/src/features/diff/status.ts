/** What happened to a file, in words. Pure. */
import type { ChangeStatus, FileChange } from '@/shared/api/git';

const words: Record<ChangeStatus, string> = {
  added: 'new',
  modified: 'changed',
  deleted: 'deleted',
  renamed: 'renamed',
  untracked: 'new, not in git yet',
  conflicted: 'conflict',
};

/** "renamed from old/name.ts, binary". */
export function statusWords({ status, old_path, binary }: FileChange): string {
  const from = old_path === null ? '' : ` from ${old_path}`;
  return `${words[status]}${from}${binary ? ', binary' : ''}`;
}

/** One letter, as git says it, where there is no room for a word. */
export function statusLetter(status: ChangeStatus): string {
  return { added: 'A', modified: 'M', deleted: 'D', renamed: 'R', untracked: 'A', conflicted: 'U' }[status];
}
