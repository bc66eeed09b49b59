import { describe, expect, it } from 'vitest';
import type { Check } from '@/shared/api/github';
import { pullRequest as pull } from '@/testing/pullRequest';
import { checksWords, fromCommits, isInTrouble, mergeWords, summary } from './words';

const check = (state: Check['state']): Check => ({ name: state, state, note: null, url: null });
const checks = (...states: Check['state'][]) => ({
  commit: 'abcd',
  checks: states.map(check),
  unreadable: null,
});

describe('words of a pull request', () => {
  it('count checks, without those that were skipped', () => {
    expect(checksWords(checks())).toBeNull();
    expect(checksWords(checks('skipped'))).toBeNull();
    expect(checksWords(checks('passed', 'running', 'skipped'))).toBe('1 of 2 checks passed');
    expect(checksWords(checks('passed', 'failed'))).toBe('1 of 2 checks failed');
    expect(checksWords(checks('passed'))).toBe('1 of 1 check passed');
    const some = { ...checks('passed'), unreadable: 'There are more checks.' };
    expect(checksWords(some)).toBe('1 of 1 known check passed');
  });

  it('are one quiet row', () => {
    expect(summary(pull, undefined)).toBe('#12 open');
    expect(summary(pull, checks('passed', 'waiting'))).toBe('#12 open · 1 of 2 checks passed');
    expect(summary({ ...pull, mergeable: 'conflicts', review: 'changes_requested' }, undefined)).toBe(
      '#12 open · conflicts · changes requested',
    );
    expect(summary({ ...pull, state: 'merged' }, checks('failed'))).toBe('#12 merged');
    expect(summary({ ...pull, state: 'closed', mergeable: 'unknown' }, undefined)).toBe('#12 closed');
  });

  it('say what needs somebody, and only while it is open', () => {
    expect(isInTrouble(pull, checks('passed'))).toBe(false);
    expect(isInTrouble(pull, checks('failed'))).toBe(true);
    expect(isInTrouble({ ...pull, state: 'merged' }, checks('failed'))).toBe(false);
    expect(mergeWords({ ...pull, mergeable: 'behind' })).toBe('behind main');
    expect(mergeWords({ ...pull, state: 'draft' })).toBeNull();
  });
});

describe('fromCommits', () => {
  it('takes one commit as it is, and lists several, the oldest first', () => {
    const commit = (subject: string, body = '') => ({ subject, body });
    expect(fromCommits([])).toEqual({ title: '', body: '' });
    expect(fromCommits([commit('Mend it', 'It was broken.\n')])).toEqual({
      title: 'Mend it',
      body: 'It was broken.',
    });
    expect(fromCommits([commit('Third'), commit('Second', 'body'), commit('First')])).toEqual({
      title: 'First',
      body: '- First\n- Second\n- Third',
    });
  });
});
