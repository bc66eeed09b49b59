/** The pull request that tests look at; each changes what it is about. */
import type { PullRequest } from '@/shared/api/github';

export const pullRequest: PullRequest = {
  number: 12,
  title: 'One',
  body: '',
  url: 'https://github.com/o/r/pull/12',
  author: 'ada',
  state: 'open',
  base: 'main',
  head: { branch: 'ocweb/one', commit: 'abcd', repo: 'o/r' },
  mergeable: 'yes',
  review: 'none',
};
