import { describe, expect, it } from 'vitest';
import type { GitStat } from '@/shared/api/git';
import { conflictPrompt, nextStep, wordsOf } from './next';

const clean: GitStat = {
  id: 'ses_1',
  branch: 'ocweb/x',
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
  head: 'a1',
  remote: null,
  state: 'clean',
  measured_at: '2026-01-01T00:00:00Z',
};
const remote = { name: 'ocweb/x', commit: 'b2', ahead: 0, behind: 0 };
const words = (stat: GitStat) => wordsOf(nextStep(stat), stat);

describe('the next step', () => {
  it('is one at a time, the nearest first', () => {
    expect(nextStep(clean)).toEqual({ kind: 'nothing' });
    const changed = { ...clean, uncommitted_files: 3, ahead: 2 };
    expect(nextStep(changed)).toEqual({ kind: 'commit', files: 3 });
    expect(words(changed)).toBe('3 files not committed');
    expect(nextStep({ ...changed, conflicts: 1 }).kind).toBe('resolve');
    expect(nextStep({ ...clean, ahead: 2 })).toEqual({ kind: 'push', commits: 2 });
    expect(nextStep({ ...clean, ahead: 2, remote: { ...remote, ahead: 1 } })).toEqual({
      kind: 'push',
      commits: 1,
    });
    expect(nextStep({ ...clean, ahead: 2, remote })).toEqual({ kind: 'pushed' });
  });

  it('never replaces what is at GitHub unasked', () => {
    const rewritten = { ...clean, ahead: 2, remote: { ...remote, ahead: 2, behind: 1 } };
    expect(nextStep(rewritten)).toEqual({ kind: 'replace', commit: 'b2', lost: 1 });
    const behind = { ...clean, ahead: 2, remote: { ...remote, behind: 2 } };
    expect(words(behind)).toBe('GitHub has 2 commits more');
  });

  it('says what waits in the middle, and hands it over in words', () => {
    const stuck: GitStat = {
      ...clean,
      operation: 'rebase',
      conflicts: 2,
      conflicting_files: ['a b.ts'],
    };
    expect(words(stuck)).toBe('2 conflicts, in the middle of a rebase');
    expect(words({ ...clean, operation: 'merge' })).toBe('in the middle of a merge');
    const prompt = conflictPrompt(stuck);
    expect(prompt).toContain('- a b.ts\n- and 1 more\n');
    expect(prompt).toContain('git rebase --continue');
    expect(conflictPrompt({ ...stuck, operation: 'merge' })).toContain('and commit.');
  });
});
