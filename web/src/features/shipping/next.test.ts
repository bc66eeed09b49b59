import { describe, expect, it } from 'vitest';
import type { GitStat } from '@/shared/api/git';
import { canGoOn, conflictPrompt, deliveryOf, nextStep, wordsOf } from './next';

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
const remote = { name: 'ocweb/x', commit: 'b2', ahead: 0, behind: 0, was_here: true };
const words = (stat: GitStat) => wordsOf(nextStep(stat), stat);

describe('the next step', () => {
  it('is one at a time, the nearest first', () => {
    expect(nextStep(clean)).toEqual({ kind: 'nothing' });
    const changed = { ...clean, uncommitted_files: 3, ahead: 2 };
    expect(nextStep(changed)).toEqual({ kind: 'commit', files: 3 });
    expect(words(changed)).toBe('3 files not committed, 2 commits not pushed');
    expect(words({ ...changed, ahead: 0 })).toBe('3 files not committed');
    expect(nextStep({ ...changed, conflicts: 1 }).kind).toBe('resolve');
    expect(nextStep({ ...clean, ahead: 2 })).toEqual({ kind: 'push', commits: 2 });
    expect(nextStep({ ...clean, ahead: 2, remote: { ...remote, ahead: 1 } })).toEqual({
      kind: 'push',
      commits: 1,
    });
    expect(nextStep({ ...clean, ahead: 2, remote })).toEqual({ kind: 'pushed' });
  });

  it('is no hindrance for what is committed already', () => {
    const left = { ...clean, uncommitted_files: 1, ahead: 2 };
    expect(deliveryOf(left)).toEqual({ kind: 'push', commits: 2 });
    expect(deliveryOf({ ...left, remote })).toEqual({ kind: 'pushed' });
  });

  it('tells what only GitHub has', () => {
    const both = { ...remote, ahead: 2, behind: 1 };
    expect(nextStep({ ...clean, ahead: 2, remote: both })).toEqual({ kind: 'diverged', remote: both });
    const behind = { ...clean, ahead: 2, remote: { ...remote, behind: 2 } };
    expect(nextStep(behind)).toEqual({ kind: 'behind', commits: 2 });
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
    expect(prompt).toContain('The base is origin/main.');
    const picked: GitStat = { ...stuck, operation: 'cherry_pick', base: 'pull/12/head', remote };
    expect(conflictPrompt(picked)).toContain('git cherry-pick --continue');
    expect(conflictPrompt(picked)).toContain(
      'The base is pull/12/head. As it is at GitHub, this branch is origin/ocweb/x.',
    );
    expect(conflictPrompt({ ...stuck, operation: null })).toContain('then `git add` them. Do not push.');
  });

  it('is finished by going on only where git has something to go on with', () => {
    expect(canGoOn({ ...clean, operation: 'revert' })).toBe(true);
    expect(canGoOn({ ...clean, operation: 'revert', conflicts: 1 })).toBe(false);
    expect(canGoOn({ ...clean, operation: 'bisect' })).toBe(false);
    expect(canGoOn(clean)).toBe(false);
  });
});
