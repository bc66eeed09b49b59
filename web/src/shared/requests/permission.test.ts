import { describe, expect, it } from 'vitest';
import type { PermissionRequest } from '@/shared/api/opencode';
import { alwaysAllowed, permitted } from './permission';

function request(more: Partial<PermissionRequest>): PermissionRequest {
  return {
    id: 'per_1',
    sessionID: 'ses_1',
    permission: 'bash',
    patterns: [],
    metadata: {},
    always: [],
    ...more,
  };
}

describe('what a permission is about', () => {
  const shown = (more: Partial<PermissionRequest>) => permitted(request(more), '/w');

  it('is the whole command, not the patterns in it', () => {
    const command = 'cd /tmp && rm -rf x';
    const { title, what, purpose } = shown({
      patterns: ['rm -rf x'],
      metadata: { command, description: 'Cleans up' },
    });
    expect({ title, what, purpose }).toEqual({
      title: 'May it run this command?',
      what: command,
      purpose: 'Cleans up',
    });
  });

  it('is the patterns where there is nothing else', () => {
    expect(shown({ permission: 'skill', patterns: ['a', 'b'] })).toMatchObject({
      title: 'May it use “skill”?',
      what: 'a\nb',
    });
  });

  it('is the change of a file, by its path in the working copy', () => {
    const edit = shown({
      permission: 'edit',
      metadata: { filepath: '/w/src/a.ts', diff: '@@ -1 +1 @@\n-a\n+b' },
    });
    expect(edit.diffs).toEqual([{ path: 'src/a.ts', patch: '@@ -1 +1 @@\n-a\n+b' }]);
    expect(edit.what).toBe('');
  });

  it('is the change of each file of a patch', () => {
    const files = [
      { relativePath: 'a', patch: '+1' },
      { relativePath: 'b', diff: '+2' },
      { relativePath: 'c' },
      null,
    ];
    expect(shown({ permission: 'edit', metadata: { files, diff: 'all', filepath: 'a, b' } }).diffs).toEqual([
      { path: 'a', patch: '+1' },
      { path: 'b', patch: '+2' },
    ]);
  });

  it('is the input of a tool, whatever it is', () => {
    const { what } = shown({ permission: 'doom_loop', metadata: { tool: 'bash', input: { command: 'ls' } } });
    expect(what).toBe('tool: bash\ninput: {\n  "command": "ls"\n}');
  });
});

it('tells exactly what “always” will allow', () => {
  expect(alwaysAllowed(request({ always: ['rm *', 'git push *'] }))).toEqual([
    'bash rm *',
    'bash git push *',
  ]);
  expect(alwaysAllowed(request({ permission: 'edit', always: ['*'] }))).toEqual(['edit * (whatever it is)']);
});

it('shows what is hidden in it, wherever it is', () => {
  const command = 'ls \u202E; mr\u200B';
  const asked = request({ metadata: { command, description: 'Looks\u2066' }, always: ['ls \u202E*'] });
  expect(permitted(asked, '/w')).toMatchObject({
    what: 'ls ⟨U+202E⟩; mr⟨U+200B⟩',
    purpose: 'Looks⟨U+2066⟩',
  });
  expect(alwaysAllowed(asked)).toEqual(['bash ls ⟨U+202E⟩*']);
  const edit = request({
    permission: 'edit',
    metadata: { filepath: '/w/a\u202Ets', diff: '+x\u2067\n \n+y' },
  });
  expect(permitted(edit, '/w').diffs).toEqual([{ path: 'a⟨U+202E⟩ts', patch: '+x⟨U+2067⟩\n \n+y' }]);
  expect(permitted(request({ permission: 'a\u202Eb', patterns: ['\u202Ex'] }), '/w')).toMatchObject({
    title: 'May it use “a⟨U+202E⟩b”?',
    what: '⟨U+202E⟩x',
  });
});
