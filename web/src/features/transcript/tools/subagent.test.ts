import { describe, expect, it } from 'vitest';
import { type Entry, emptyTranscript, type Transcript } from '@/features/events/state';
import type { Part } from '@/shared/api/opencode';
import { lastLineOf, resultOf } from './subagent';

function saying(...parts: unknown[]): Transcript {
  const info = { id: 'msg_1', role: 'assistant' };
  const entry = { info, parts: parts as Part[] } as unknown as Entry;
  return { ...emptyTranscript, order: ['msg_1'], entries: { msg_1: entry } };
}

describe('resultOf', () => {
  it.each([
    ['task_id: ses_1\n\n<task_result>\nAll **done**.\n</task_result>', 'All **done**.'],
    ['<task id="ses_1">\n<task_result>cut', 'cut'],
    ['plain words', 'plain words'],
    ['', ''],
  ])('%j', (output, result) => expect(resultOf(output)).toBe(result));
});

describe('lastLineOf', () => {
  it('is the last line that was said', () => {
    expect(lastLineOf(saying({ type: 'text', text: 'one\ntwo\n' }))).toBe('two');
  });

  it('is the tool that runs, with what it was given', () => {
    const state = { status: 'running', input: { command: 'ls -l' } };
    expect(lastLineOf(saying({ type: 'text', text: 'x' }, { type: 'tool', tool: 'bash', state }))).toBe(
      'bash ls -l',
    );
  });

  it('is nothing at the beginning', () => {
    expect(lastLineOf(undefined)).toBeNull();
    expect(lastLineOf(saying({ type: 'step-start' }))).toBeNull();
  });
});
