import { describe, expect, it } from 'vitest';
import type { GitStat } from '@/shared/api/git';
import { statParts } from './stat';

const clean: GitStat = {
  id: 'ses_1',
  branch: 'opencode/one',
  base: 'main',
  ahead: 0,
  behind: 0,
  files: 0,
  additions: 0,
  deletions: 0,
  uncommitted_files: 0,
  conflicts: 0,
  conflicting_files: [],
  operation: null,
  head: null,
  remote: null,
  state: 'clean',
  measured_at: '2026-01-01T00:00:00Z',
};
const told = (stat: Partial<GitStat>) => statParts({ ...clean, ...stat });

describe('statParts', () => {
  it('says that nothing was changed', () => {
    expect(told({})).toEqual([{ kind: 'clean', short: 'clean', words: 'nothing changed' }]);
  });

  it('tells lines and commits, in signs and in words', () => {
    const parts = told({ files: 2, additions: 1200, deletions: 1, ahead: 2, behind: 1, state: 'changed' });
    expect(parts.map(({ short }) => short)).toEqual(['+1,200', '−1', '↑2', '↓1']);
    expect(parts.map(({ words }) => words)).toEqual([
      '1,200 lines added',
      '1 line deleted',
      '2 commits ahead',
      '1 commit behind',
    ]);
  });

  it('puts conflicts first, and never calls them clean', () => {
    expect(told({ conflicts: 1, state: 'conflicts' }).map(({ kind }) => kind)).toEqual(['conflicts']);
    expect(told({ conflicts: 1, files: 1, state: 'conflicts' })[0]?.short).toBe('1 conflict');
  });
});
