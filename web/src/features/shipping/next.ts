/** What comes next on the way from changes to a pull request: one thing at a time. Pure. */
import type { GitStat } from '@/shared/api/git';
import { plural } from '@/shared/format';

export type Step =
  /** A merge or rebase waits in the middle, or files are in conflict. */
  | { kind: 'resolve' }
  | { kind: 'commit'; files: number }
  /** The branch at GitHub has commits that are not here: pushing would replace them. */
  | { kind: 'replace'; commit: string; lost: number }
  | { kind: 'push'; commits: number }
  /** All that is committed is at GitHub. */
  | { kind: 'pushed' }
  | { kind: 'nothing' };

export function nextStep(stat: GitStat): Step {
  const { remote, head, ahead } = stat;
  if (stat.operation != null || stat.conflicts > 0) return { kind: 'resolve' };
  if (stat.uncommitted_files > 0) return { kind: 'commit', files: stat.uncommitted_files };
  if (remote == null)
    return head != null && ahead > 0 ? { kind: 'push', commits: ahead } : { kind: 'nothing' };
  if (remote.ahead === 0) return { kind: 'pushed' };
  if (remote.behind > 0) return { kind: 'replace', commit: remote.commit, lost: remote.behind };
  return { kind: 'push', commits: remote.ahead };
}

/** Where things are, in a few words. */
export function wordsOf(step: Step, stat: GitStat): string {
  switch (step.kind) {
    case 'resolve':
      return [stat.conflicts > 0 ? plural(stat.conflicts, 'conflict') : '', operationWords(stat)]
        .filter(Boolean)
        .join(', ');
    case 'commit':
      return `${plural(step.files, 'file')} not committed`;
    case 'replace':
      return 'differs from GitHub';
    case 'push':
      return `${plural(step.commits, 'commit')} not pushed`;
    case 'pushed':
      return stat.remote != null && stat.remote.behind > 0
        ? `GitHub has ${plural(stat.remote.behind, 'commit')} more`
        : 'all pushed';
    case 'nothing':
      return '';
  }
}

const operations: Record<NonNullable<GitStat['operation']>, string> = {
  merge: 'merge',
  rebase: 'rebase',
  cherry_pick: 'cherry-pick',
  revert: 'revert',
  bisect: 'bisect',
  apply_patches: 'applying of patches',
};

/** What git is in the middle of, such as "rebase". */
export function operationName(stat: GitStat): string | null {
  return stat.operation == null ? null : operations[stat.operation];
}

function operationWords(stat: GitStat): string {
  const name = operationName(stat);
  return name === null ? '' : `in the middle of a ${name}`;
}

/** What the agent is told when conflicts are handed to it. */
export function conflictPrompt(stat: GitStat): string {
  const name = operationName(stat);
  const middle = name === null ? '' : ` git is in the middle of a ${name}.`;
  const base = stat.base == null ? '' : ` The base is origin/${stat.base}.`;
  const more = stat.conflicts - stat.conflicting_files.length;
  const files = stat.conflicting_files.map((path) => `- ${path}`);
  if (more > 0) files.push(`- and ${more} more`);
  const end =
    name === 'rebase'
      ? 'then `git add` them and go on with `git rebase --continue` until the rebase is done.'
      : 'then `git add` them and commit.';
  return [
    `Files of this working copy are in conflict.${middle}${base}`,
    ...files,
    `Resolve them so that what both sides want is kept, run what checks there are, ${end} Do not push.`,
  ].join('\n');
}

/** What the agent is told when a hook refused a commit. */
export function hookPrompt(said: string): string {
  return `A hook refused to commit the changes in this working copy. Put right what it says, and do not commit:\n\n${said}`;
}
