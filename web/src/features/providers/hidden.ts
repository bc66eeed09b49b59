/** Which models are hidden: a list of `provider/model`, so that what is new is shown. Pure. */
import type { OfferedProvider } from '@/shared/api/relay';

export interface FoundModels {
  provider: OfferedProvider;
  /** As `provider/model`, by name. */
  ids: string[];
}

/** The models in which every word that is looked for occurs, by provider. */
export function found(providers: readonly OfferedProvider[], search: string): FoundModels[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return providers.flatMap((provider) => {
    const ids = provider.models
      .map(({ id, name }) => ({ id: `${provider.id}/${id}`, name }))
      .filter(({ id, name }) => {
        const text = `${provider.name} ${id} ${name}`.toLowerCase();
        return words.every((word) => text.includes(word));
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(({ id }) => id);
    return ids.length === 0 ? [] : [{ provider, ids }];
  });
}

export function isShown(hidden: readonly string[], id: string): boolean {
  return !hidden.includes(id);
}

export function withShown(hidden: readonly string[], ids: readonly string[], shown: boolean): string[] {
  const others = hidden.filter((id) => !ids.includes(id));
  return shown ? others : [...others, ...ids];
}
