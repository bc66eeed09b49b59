/** A pull request and its checks in a few words. Pure. */
import { type Check, type Checks, isOpen, type PullRequest } from '@/shared/api/github';

/**
 * "3 of 4 checks passed", "1 of 4 checks failed", "3 of 4 known checks passed" where not all could be read; null where there
 * are none. What is skipped counts for nothing.
 */
export function checksWords({ checks, unreadable }: Checks): string | null {
  const counted = checks.filter(({ state }) => state !== 'skipped');
  const number = (state: Check['state']) => counted.filter((check) => check.state === state).length;
  const all = counted.length;
  if (all === 0) return null;
  const noun = `${unreadable === null ? '' : 'known '}${all === 1 ? 'check' : 'checks'}`;
  const failed = number('failed');
  if (failed > 0) return `${failed} of ${all} ${noun} failed`;
  return `${number('passed')} of ${all} ${noun} passed`;
}

/** What stands in the way of merging, or that nothing does; null where it is over or not known yet. */
export function mergeWords(pull: PullRequest): string | null {
  if (!isOpen(pull)) return null;
  switch (pull.mergeable) {
    case 'conflicts':
      return `conflicts with ${pull.base}`;
    case 'behind':
      return `behind ${pull.base}`;
    case 'blocked':
      return 'GitHub’s rules want more before it can be merged';
    case 'yes':
      return pull.state === 'draft' ? null : 'can be merged';
    case 'unknown':
      return null;
  }
}

export function reviewWords({ review }: PullRequest): string | null {
  switch (review) {
    case 'approved':
      return 'approved';
    case 'changes_requested':
      return 'changes requested';
    case 'requested':
      return 'waits for a review';
    case 'none':
      return null;
  }
}

/** The row in the chat: "#12 open · 3 of 4 checks passed · changes requested". */
export function summary(pull: PullRequest, checks: Checks | undefined): string {
  const parts = [`#${pull.number} ${pull.state}`];
  if (isOpen(pull)) {
    const ofChecks = checks && checksWords(checks);
    if (ofChecks) parts.push(ofChecks);
    if (pull.mergeable === 'conflicts') parts.push('conflicts');
    if (pull.review === 'changes_requested' || pull.review === 'approved')
      parts.push(reviewWords(pull) ?? '');
  }
  return parts.join(' · ');
}

/** Whether somebody should look at it. */
export function isInTrouble(pull: PullRequest, checks: Checks | undefined): boolean {
  if (!isOpen(pull)) return false;
  const hasFailed = checks?.checks.some(({ state }) => state === 'failed') ?? false;
  return hasFailed || pull.mergeable === 'conflicts' || pull.review === 'changes_requested';
}

/** What a chat's commits say of themselves, where no model proposes anything: newest first, as the log has them. */
export function fromCommits(commits: readonly { subject: string; body: string }[]): {
  title: string;
  body: string;
} {
  const oldest = commits.at(-1);
  if (oldest === undefined) return { title: '', body: '' };
  if (commits.length === 1) return { title: oldest.subject, body: oldest.body.trim() };
  const list = commits.map(({ subject }) => `- ${subject}`).reverse();
  return { title: oldest.subject, body: list.join('\n') };
}
