/** What is said of tokens, and what can be chosen for a new one. Pure. */

import { ago } from '@/shared/ago';
import type { AccessToken } from '@/shared/api/admin';
import { age } from '@/shared/format';

/** What a token can be good for: the first is what is meant most often. */
export const scopes = [
  { value: 'attach', label: 'for opencode attach', risk: 'can have the agent do and read anything' },
  { value: 'full', label: 'for everything', risk: 'can do what you can' },
  { value: 'read', label: 'to look, not to change', risk: 'can read your chats and files' },
  { value: 'metrics', label: 'for metrics alone', risk: 'can read /admin/metrics' },
] as const;

/** What can be chosen of them. */
export type Scope = (typeof scopes)[number]['value'];

/** How long one can last, as the server takes it. */
export const lifetimes = [
  { value: '7d', label: 'for 7 days' },
  { value: '30d', label: 'for 30 days' },
  { value: '90d', label: 'for 90 days' },
  { value: '365d', label: 'for a year' },
  { value: 'never', label: 'until it is revoked' },
] as const;

/** One line about a token: "attach · used 5m ago · ends in 89d". */
export function tokenWords(token: AccessToken, now: number): string {
  const used =
    token.last_used_at === null ? 'never used' : `used ${ago(now - Date.parse(token.last_used_at))}`;
  return [token.scope, used, endWords(token, now)].join(' · ');
}

function endWords({ expires_at, expired }: AccessToken, now: number): string {
  if (expires_at === null) return 'never ends';
  const left = Date.parse(expires_at) - now;
  if (expired || left <= 0) return `expired ${ago(-left)}`;
  const length = age(left);
  return `ends in ${length === 'now' ? 'a moment' : length}`;
}
