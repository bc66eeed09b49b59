import { expect, it } from 'vitest';
import type { AccessToken } from '@/shared/api/admin';
import { tokenWords } from './tokenWords';

const now = Date.parse('2026-11-20T10:00:00Z');
const token: AccessToken = {
  id: 'abc',
  name: 'laptop',
  scope: 'attach',
  created_at: '2026-11-20T10:00:00Z',
  last_used_at: null,
  expires_at: null,
  expired: false,
};

it.each<[Partial<AccessToken>, string]>([
  [{}, 'attach · never used · never ends'],
  [
    { last_used_at: '2026-11-20T09:55:00Z', expires_at: '2027-02-18T10:00:00Z' },
    'attach · used 5m ago · ends in 90d',
  ],
  [
    { last_used_at: '2026-11-20T10:00:05Z', expires_at: '2026-11-20T10:00:20Z' },
    'attach · used just now · ends in a moment',
  ],
  [{ expires_at: '2026-11-18T10:00:00Z', expired: true }, 'attach · never used · expired 2d ago'],
  [{ expires_at: '2026-11-20T10:00:05Z', expired: true }, 'attach · never used · expired just now'],
  [{ expires_at: '2026-11-20T09:59:50Z', scope: 'read' }, 'read · never used · expired just now'],
])('a token in a line: %j', (given, words) => {
  expect(tokenWords({ ...token, ...given }, now)).toBe(words);
});
