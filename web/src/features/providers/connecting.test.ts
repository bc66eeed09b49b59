import { describe, expect, it } from 'vitest';
import type { CatalogueProvider } from '@/shared/api/relay';
import { endsOnServer, isAsked, sectionsOf, waysOf } from './connecting';

function provider(id: string, more: Partial<CatalogueProvider> = {}): CatalogueProvider {
  return {
    id,
    name: id,
    env: [`${id.toUpperCase()}_KEY`],
    connected: false,
    origin: null,
    models: 1,
    ...more,
  };
}

describe('providers', () => {
  it('are connected ones, popular ones in their order, and others', () => {
    const all = [
      provider('demo', { connected: true, origin: 'key' }),
      provider('abacus'),
      provider('openai'),
      provider('anthropic'),
    ];
    const ids = (search: string) => {
      const { connected, popular, others } = sectionsOf(all, search);
      return [connected, popular, others].map((section) => section.map(({ id }) => id));
    };
    expect(ids('')).toEqual([['demo'], ['anthropic', 'openai'], ['abacus']]);
    expect(ids('OPENAI_k')).toEqual([[], ['openai'], []]);
  });

  it('take a key where opencode names no way', () => {
    expect(waysOf(undefined)).toEqual([{ kind: 'key', label: 'API key', prompts: [] }]);
    expect(
      waysOf([
        { type: 'oauth', label: 'Browser' },
        { type: 'api', label: 'Key' },
      ]).map(({ kind }) => kind),
    ).toEqual(['login', 'key']);
    expect(waysOf([{ type: 'oauth', label: 'Browser' }]).map(({ kind }) => kind)).toEqual(['login']);
  });

  it('ask what follows from an answer only then', () => {
    const asked = {
      type: 'text',
      key: 'url',
      message: 'Where',
      when: { key: 'kind', op: 'eq', value: 'own' },
    } as const;
    expect(isAsked(asked, {})).toBe(false);
    expect(isAsked(asked, { kind: 'own' })).toBe(true);
  });

  it('whose login ends on the server are known', () => {
    const at = (redirect: string) =>
      `https://p.example/authorize?redirect_uri=${encodeURIComponent(redirect)}`;
    expect(endsOnServer(at('http://localhost:1455/auth/callback'))).toBe(true);
    expect(endsOnServer(at('https://p.example/code'))).toBe(false);
    expect(endsOnServer('no address')).toBe(false);
  });
});
