import { expect, it } from 'vitest';
import type { ToolPart } from '@/shared/api/opencode';
import { changesOf } from './changes';

function call(
  tool: string,
  input: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
): ToolPart {
  return {
    id: 'prt_1',
    sessionID: 'ses_1',
    messageID: 'msg_1',
    type: 'tool',
    callID: 'call_1',
    tool,
    state: { status: 'running', input, metadata, time: { start: 1 } },
  };
}

const look = (part: ToolPart) =>
  changesOf(part, '/work').map(({ path, note, lines }) => [path, note, lines.map(({ text }) => text)]);

it('tells an edit by its diff, and by its input before there is one', () => {
  const input = { filePath: '/work/a.ts', oldString: 'a\nb', newString: 'c' };
  expect(look(call('edit', input))).toEqual([['a.ts', '', ['a', 'b', 'c']]]);
  expect(look(call('edit', input, { diff: '@@ -1 +1 @@\n-a\n+c\n' }))).toEqual([['a.ts', '', ['a', 'c']]]);
});

it('tells a file that is written as added lines', () => {
  expect(look(call('write', { filePath: '/work/a.ts', content: 'x\ny\n' }))).toEqual([
    ['a.ts', '', ['x', 'y']],
  ]);
  expect(look(call('write', { filePath: '/work/a.ts' }))).toEqual([['a.ts', '', []]]);
});

it('tells each file of a patch, and what was done to it in words', () => {
  const files = [
    { filePath: '/work/a', relativePath: 'a', type: 'update', patch: '@@ -1 +1 @@\n-a\n+b\n' },
    { filePath: '/work/b', relativePath: 'b', type: 'move', movePath: '/work/c', patch: '' },
    { filePath: '/work/d', relativePath: 'd', type: 'delete', patch: '@@ -1 +0,0 @@\n-d\n' },
  ];
  expect(look(call('apply_patch', { patchText: '…' }, { files }))).toEqual([
    ['a', '', ['a', 'b']],
    ['c', 'renamed from b', []],
    ['d', 'deleted', ['d']],
  ]);
});

it('tells nothing of what is not there', () => {
  expect(look(call('apply_patch', {}, { files: 'odd' }))).toEqual([]);
  expect(look(call('apply_patch', {}, { files: [null, 3] }))).toEqual([]);
});
