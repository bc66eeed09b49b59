/** Which providers to offer, and how each can be connected. Pure. */
import type { ProviderAuthMethod } from '@/shared/api/opencode';
import type { CatalogueProvider } from '@/shared/api/relay';

/** Offered first, in this order: most people have one of them. */
const popular = [
  'anthropic',
  'openai',
  'google',
  'openrouter',
  'github-copilot',
  'opencode',
  'xai',
  'mistral',
];

export interface ProviderSections {
  connected: CatalogueProvider[];
  popular: CatalogueProvider[];
  others: CatalogueProvider[];
}

/** Those in which every word that is looked for occurs. */
export function sectionsOf(providers: readonly CatalogueProvider[], search: string): ProviderSections {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = providers.filter(({ id, name, env }) => {
    const text = `${id} ${name} ${env.join(' ')}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const open = found.filter(({ connected }) => !connected);
  return {
    connected: found.filter(({ connected }) => connected),
    popular: popular.flatMap((id) => open.find((provider) => provider.id === id) ?? []),
    others: open.filter(({ id }) => !popular.includes(id)),
  };
}

/** A way to connect a provider; a login's `index` is its place in opencode's list. */
export type Way = { label: string; prompts: NonNullable<ProviderAuthMethod['prompts']> } & (
  | { kind: 'key' }
  | { kind: 'login'; index: number }
);

/** A provider that opencode lists no ways of takes a key; of others those alone. */
export function waysOf(methods: readonly ProviderAuthMethod[] | undefined): Way[] {
  const ways = (methods ?? []).map(
    ({ type, label, prompts = [] }, index): Way =>
      type === 'oauth' ? { kind: 'login', label, prompts, index } : { kind: 'key', label, prompts },
  );
  return ways.length > 0 ? ways : [{ kind: 'key', label: 'API key', prompts: [] }];
}

type Prompt = Way['prompts'][number];

/** Whether a question is to be asked, after what was answered to others. */
export function isAsked({ when }: Prompt, answers: Readonly<Record<string, string>>): boolean {
  if (when === undefined) return true;
  return (answers[when.key] === when.value) === (when.op === 'eq');
}

/** Whether a login ends at an address of the server's own, which no other device can open. */
export function endsOnServer(url: string): boolean {
  try {
    const redirect = new URL(url).searchParams.get('redirect_uri');
    return redirect !== null && ['localhost', '127.0.0.1'].includes(new URL(redirect).hostname);
  } catch {
    return false;
  }
}

/** Where a connection comes from, and so whether it can be ended here. */
export function originWords({ origin, env }: CatalogueProvider): string {
  switch (origin) {
    case 'environment':
      return `from the environment (${env.join(', ')}): remove it there and restart`;
    case 'configuration':
      return 'from opencode’s configuration file: remove it there';
    case 'key':
      return 'with a key';
    default:
      return 'with a login, or without a key';
  }
}
