import { describe, expect, it } from 'vitest';
import type { Part, ToolPart } from '@/shared/api/opencode';
import { cutOffParts } from './cutOff';
import { failureOf, isRunning, metadata } from './tool';

const base = {
  id: 'prt_1',
  sessionID: 'ses_1',
  messageID: 'msg_1',
  type: 'tool',
  callID: 'c',
  tool: 'bash',
} as const;
const running: ToolPart = {
  ...base,
  state: {
    status: 'running',
    input: { command: 'sleep 9' },
    metadata: { output: 'so far' },
    time: { start: 5 },
  },
};
const ended: ToolPart = {
  ...base,
  state: { status: 'completed', input: {}, output: 'x', title: '', metadata: {}, time: { start: 1, end: 2 } },
};
const text: Part = { id: 'prt_2', sessionID: 'ses_1', messageID: 'msg_1', type: 'text', text: 'a' };

describe('the tools of an answer that was cut off', () => {
  it('run no more, say so, and keep what they had said', () => {
    const [part] = cutOffParts([running]);
    if (part?.type !== 'tool') throw new Error('it is a tool still');
    expect(isRunning(part)).toBe(false);
    expect(failureOf(part)).toContain('Cut off');
    expect(metadata(part).output).toBe('so far');
    expect(part.state.input).toEqual({ command: 'sleep 9' });
  });

  it('that had not begun run no more either', () => {
    const [part] = cutOffParts([{ ...base, state: { status: 'pending', input: {}, raw: '' } }]);
    expect(part?.type === 'tool' && isRunning(part)).toBe(false);
  });

  it('that had ended, and all else, are the very same', () => {
    const parts = cutOffParts([ended, text]);
    expect(parts[0]).toBe(ended);
    expect(parts[1]).toBe(text);
  });
});
