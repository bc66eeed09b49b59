import { describe, expect, it } from 'vitest';
import type { ToolPart } from '@/shared/api/opencode';
import { foundText, isLookup, lookupLine, placeOf } from './lookups';

function call(
  tool: string,
  input: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): ToolPart {
  const state = { status: 'running' as const, input, metadata, time: { start: 1 } };
  return { id: 'prt_1', sessionID: 'ses_1', messageID: 'msg_1', type: 'tool', callID: 'call_1', tool, state };
}

describe('lookupLine', () => {
  it.each([
    ['read', { filePath: '/work/a.ts', offset: 10, limit: 5 }, {}, 'Read a.ts from line 10, 5 lines'],
    ['grep', { pattern: 'x', path: '/work/src' }, { matches: 3 }, 'Grep "x" in src (3)'],
    ['glob', { pattern: '*.ts', path: '/work' }, { count: 0 }, 'Glob *.ts (0)'],
    ['list', { path: '/work' }, {}, 'List /work'],
    ['webfetch', { url: 'https://example.com' }, {}, 'Fetch https://example.com'],
    ['skill', { name: 'review' }, {}, 'Skill review'],
  ])('%s', (tool, input, metadata, line) => {
    expect(isLookup(tool)).toBe(true);
    expect(lookupLine(call(tool, input, metadata), '/work')).toBe(line);
  });

  it('leaves every other tool to be told by name and value', () => {
    expect(isLookup('github_create_issue')).toBe(false);
    expect(isLookup('constructor')).toBe(false);
  });
});

describe('foundText', () => {
  it.each([
    ['<path>/work/a</path>\n<type>file</type>\n<content>\n1: one\n2: two\n</content>', '1: one\n2: two'],
    ['<file>\n00001| one\n</file>\n', '00001| one'],
    ['plain <b>text</b>\n', 'plain <b>text</b>'],
  ])('%j', (output, text) => expect(foundText(output)).toBe(text));
});

describe('placeOf', () => {
  it.each([
    ['read', { filePath: '/work/a.ts', offset: 10 }, { path: '/work/a.ts', line: 10 }],
    ['grep', { pattern: 'x', path: '/work/src' }, { path: '/work/src', line: undefined }],
    ['glob', { pattern: '*', path: '/work/src' }, { path: '/work/src/', line: undefined }],
    ['webfetch', { url: 'https://example.com' }, null],
  ])('%s', (tool, input, place) => expect(placeOf(call(tool, input))).toEqual(place));
});

describe('what an output holds itself', () => {
  it.each([
    [
      '<path>/w/a.xml</path>\n<type>file</type>\n<content>\n1: <content>a</content>\n2: b\n</content>\n',
      '1: <content>a</content>\n2: b',
    ],
    ['<file>\n00001| <file>x</file>\n00002| y\n</file>\n', '00001| <file>x</file>\n00002| y'],
    ['/w/a.html:\n  Line 3: <file>x</file>\n', '/w/a.html:\n  Line 3: <file>x</file>'],
  ])('%j', (output, text) => expect(foundText(output)).toBe(text));
});
