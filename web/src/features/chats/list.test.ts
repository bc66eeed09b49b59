import { describe, expect, it } from 'vitest';
import type { ChatView } from '@/shared/api/relay';
import { grouped, isPutAway, matches } from './list';

const now = new Date(2026, 10, 21, 12).getTime();
const hour = 60 * 60 * 1000;

function chat(id: string, more: Partial<ChatView> = {}): ChatView {
  const empty = {
    title: null,
    repo: 'octo/hello',
    branch: null,
    last_line: null,
    state: 'done',
    archived: false,
  };
  return {
    ...empty,
    prompts: [],
    updated_at: new Date(now).toISOString(),
    id,
    ...more,
  } as unknown as ChatView;
}
const at = (hours: number) => ({ updated_at: new Date(now - hours * hour).toISOString() });
const told = (chats: ChatView[], grouping: 'time' | 'repo', search = '') =>
  grouped(chats, grouping, search, now).groups.map(({ name, chats: members }) => [
    name,
    ...members.map(({ id }) => id),
  ]);

describe('the list of chats', () => {
  it('is by time, the newest first', () => {
    const chats = [
      chat('old', at(400)),
      chat('b', at(2)),
      chat('a', at(1)),
      chat('y', at(20)),
      chat('w', at(80)),
    ];
    expect(told(chats, 'time')).toEqual([
      ['today', 'a', 'b'],
      ['yesterday', 'y'],
      ['this week', 'w'],
      ['earlier', 'old'],
    ]);
  });

  it('is by repository, that used last first', () => {
    const chats = [
      chat('1', { ...at(5), repo: 'a/a' }),
      chat('2', { ...at(1), repo: 'b/b' }),
      chat('3', { ...at(2), repo: null }),
    ];
    expect(told(chats, 'repo')).toEqual([
      ['b/b', '2'],
      ['made elsewhere', '3'],
      ['a/a', '1'],
    ]);
  });

  it('keeps apart what was put away, unless it works or asks', () => {
    const chats = [
      chat('a', { archived: true }),
      chat('b', { archived: true, state: 'needs_you' }),
      chat('c'),
    ];
    expect(told(chats, 'time')).toEqual([['today', 'b', 'c']]);
    expect(grouped(chats, 'time', '', now).archived.map(({ id }) => id)).toEqual(['a']);
    expect(isPutAway(chat('d', { archived: true, state: 'unread' }))).toBe(true);
  });
});

describe('a search', () => {
  const one = chat('1', { title: 'Fix the Login', branch: 'ocweb/fix-1', last_line: 'All tests pass' });

  it.each(['login', 'HELLO', 'fix-1', 'tests', 'octo pass', '  '])('finds by “%s”', (search) => {
    expect(matches(one, search)).toBe(true);
  });

  it('wants every word', () => expect(matches(one, 'login missing')).toBe(false));

  it('does not find across two fields', () => expect(matches(one, 'loginocto')).toBe(false));
});
