import { describe, expect, it } from 'vitest';
import { meaningOf } from './written';

const names = { commands: ['init', 'review'], agents: ['explore'], picked: [] as string[] };

describe('what a text means', () => {
  it('a prompt, with the files and agents that it mentions', () => {
    const text = 'compare @src/a.ts, @explore and (see @b.md) with me@home.org @src/a.ts';
    expect(meaningOf(` ${text}\n`, names)).toEqual({
      kind: 'prompt',
      text,
      command: null,
      agents: ['explore'],
      mentions: ['src/a.ts', 'b.md'],
    });
  });

  it('a path with spaces, where it was picked', () => {
    const picked = ['my notes.md'];
    expect(meaningOf('read @my notes.md', { ...names, picked }).mentions).toEqual(['my notes.md']);
    expect(meaningOf('read @my notes', { ...names, picked: [] }).mentions).toEqual(['my']);
    expect(meaningOf('nothing', { ...names, picked }).mentions).toEqual([]);
  });

  it('no path that leads out of the working copy', () => {
    expect(meaningOf('@/etc/passwd @../x @a/../../b @.', names).mentions).toEqual([]);
  });

  it('a command with its arguments', () => {
    expect(meaningOf('/review the last\ncommit', names)).toMatchObject({
      kind: 'command',
      command: 'review',
      text: 'the last\ncommit',
    });
    expect(meaningOf('/init', names)).toMatchObject({ kind: 'command', command: 'init', text: '' });
  });

  it('a path at the beginning is no command', () => {
    expect(meaningOf('/etc/hosts is wrong', names)).toMatchObject({
      kind: 'prompt',
      text: '/etc/hosts is wrong',
    });
  });

  it('after a space everything is a text', () => {
    expect(meaningOf(' /init it', names)).toMatchObject({ kind: 'prompt', text: '/init it' });
    expect(meaningOf(' !ls', names)).toMatchObject({ kind: 'prompt', text: '!ls' });
  });

  it('a shell command', () => {
    expect(meaningOf('! ls @a ', names)).toEqual({
      kind: 'shell',
      text: 'ls @a',
      command: null,
      agents: [],
      mentions: [],
    });
  });
});
