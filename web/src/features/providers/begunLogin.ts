/**
 * A login that was begun with a provider, kept while its person is there: a phone may end this page meanwhile, and what
 * they are shown there is to be of use when they come back.
 */
import type { ProviderAuthAuthorization } from '@/shared/api/opencode';
import { recallJson, remember } from '@/shared/storage';

export interface BegunLogin {
  provider: string;
  /** Of the way, its place in opencode's list. */
  index: number;
  authorization: ProviderAuthAuthorization;
  /** In milliseconds since 1970. */
  begun_at: number;
}

const key = 'begun-login';
/** No provider waits longer, in milliseconds. */
const longest = 10 * 60_000;

export function keepBegun(login: BegunLogin): void {
  remember(key, JSON.stringify(login));
}

export function forgetBegun(): void {
  remember(key, null);
}

/** The one that can still be gone on with. */
export function begunLogin(now = Date.now()): BegunLogin | null {
  const kept = recallJson(key);
  if (!isLogin(kept)) return null;
  const age = now - kept.begun_at;
  return age >= 0 && age < longest ? kept : null;
}

function isLogin(kept: unknown): kept is BegunLogin {
  const has = (value: unknown, fields: Record<string, string>): boolean =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, type]) => typeof Reflect.get(value, name) === type);
  return (
    has(kept, { provider: 'string', index: 'number', begun_at: 'number', authorization: 'object' }) &&
    has(Reflect.get(kept as object, 'authorization'), {
      url: 'string',
      method: 'string',
      instructions: 'string',
    })
  );
}
