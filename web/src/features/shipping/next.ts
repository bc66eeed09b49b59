/** What comes next on the way from changes to a pull request: one thing at a time. Pure. */
import type { GitStat } from '@/shared/api/git';
import { plural } from '@/shared/format';

type RemoteBranch = NonNullable<GitStat['remote']>;

/** How what is committed stands to the branch at GitHub. */
export type Delivery =
  | { kind: 'push'; commits: number }
  /** Both have commits that the other does not have: one is brought in, or GitHub's is replaced. */
  | { kind: 'diverged'; remote: RemoteBranch }
  /** Only GitHub has commits that are not here. */
  | { kind: 'behind'; commits: number }
  /** All that is committed is at GitHub, and nothing else. */
  | { kind: 'pushed' }
  | { kind: 'nothing' };

export type Step =
  /** Something that git has begun waits in the middle, or files are in conflict. */
  { kind: 'resolve' } | { kind: 'commit'; files: number } | Delivery;

export function deliveryOf({ remote, head, ahead }: GitStat): Delivery {
  if (remote == null)
    return head != null && ahead > 0 ? { kind: 'push', commits: ahead } : { kind: 'nothing' };
  if (remote.behind > 0)
    return remote.ahead > 0 ? { kind: 'diverged', remote } : { kind: 'behind', commits: remote.behind };
  return remote.ahead > 0 ? { kind: 'push', commits: remote.ahead } : { kind: 'pushed' };
}

/** Files that are not committed come first, and keep nobody from what follows: some are never to be committed. */
export function nextStep(stat: GitStat): Step {
  if (stat.operation != null || stat.conflicts > 0) return { kind: 'resolve' };
  if (stat.uncommitted_files > 0) return { kind: 'commit', files: stat.uncommitted_files };
  return deliveryOf(stat);
}

/** Where things are, in a few words. */
export function wordsOf(step: Step, stat: GitStat): string {
  switch (step.kind) {
    case 'resolve':
      return [stat.conflicts > 0 ? plural(stat.conflicts, 'conflict') : '', operationWords(stat)]
        .filter(Boolean)
        .join(', ');
    case 'commit': {
      const delivery = deliveryOf(stat);
      const files = `${plural(step.files, 'file')} not committed`;
      return delivery.kind === 'nothing' ? files : `${files}, ${wordsOf(delivery, stat)}`;
    }
    case 'diverged':
      return 'differs from GitHub';
    case 'behind':
      return `GitHub has ${plural(step.commits, 'commit')} more`;
    case 'push':
      return `${plural(step.commits, 'commit')} not pushed`;
    case 'pushed':
      return 'all pushed';
    case 'nothing':
      return 'nothing to push';
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

/** By what git goes on with what it has begun; null where there is nothing to go on with. */
const goingOn: Record<NonNullable<GitStat['operation']>, string | null> = {
  merge: 'git commit --no-edit',
  rebase: 'git rebase --continue',
  cherry_pick: 'git cherry-pick --continue',
  revert: 'git revert --continue',
  bisect: null,
  apply_patches: 'git am --continue',
};

/** Whether what git is in the middle of is finished by going on once nothing is in conflict. */
export function canGoOn({ operation, conflicts }: GitStat): boolean {
  return operation != null && goingOn[operation] !== null && conflicts === 0;
}

/** As git in the working copy knows a base: the commits of a pull request are no branch of `origin`. */
function referenceOf(base: string): string {
  return /^pull\/\d+\/head$/.test(base) ? base : `origin/${base}`;
}

/** What the agent is told when conflicts are handed to it. */
export function conflictPrompt(stat: GitStat): string {
  const name = operationName(stat);
  const middle = name === null ? '' : ` git is in the middle of a ${name}.`;
  const base = stat.base == null ? '' : ` The base is ${referenceOf(stat.base)}.`;
  const own = stat.remote == null ? '' : ` As it is at GitHub, this branch is origin/${stat.remote.name}.`;
  const more = stat.conflicts - stat.conflicting_files.length;
  const files = stat.conflicting_files.map((path) => `- ${path}`);
  if (more > 0) files.push(`- and ${more} more`);
  const command = stat.operation == null ? null : goingOn[stat.operation];
  const end =
    command === null
      ? 'then `git add` them.'
      : `then \`git add\` them and go on with \`${command}\` until the ${name} is done.`;
  return [
    `Files of this working copy are in conflict.${middle}${base}${own}`,
    ...files,
    `Resolve them so that what both sides want is kept, run what checks there are, ${end} Do not push.`,
  ].join('\n');
}
