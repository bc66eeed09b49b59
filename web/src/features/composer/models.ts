/** The models to choose from, in order. Pure; and which are favourites, recent or hidden, on this device. */
import type { Provider } from '@/shared/api/opencode';
import { recallList, remember } from '@/shared/storage';

export type Model = Provider['models'][string];

export interface ModelRow {
  /** `provider/model`. */
  id: string;
  name: string;
  /** In a few words: its id, how much it holds, what it costs. */
  note: string;
  variants: string[];
  isFavourite: boolean;
}

export interface Section {
  title: string;
  rows: ModelRow[];
}

export interface Preferences {
  favourites: readonly string[];
  /** The latest first. */
  recent: readonly string[];
  hidden: readonly string[];
}

/** Favourites, recent ones and then each provider's. Who searches finds hidden ones too. */
export function sectionsOf(
  providers: readonly Provider[],
  { favourites, recent, hidden }: Preferences,
  search: string,
): Section[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const byId = new Map<string, ModelRow>();
  const sections = providers.map((provider): Section => {
    const rows = Object.values(provider.models).map((model) => rowOf(provider, model, favourites));
    for (const row of rows) byId.set(row.id, row);
    const isWanted = (row: ModelRow) =>
      words.length === 0
        ? !hidden.includes(row.id)
        : matches(`${provider.name} ${row.id} ${row.name}`, words);
    return { title: provider.name, rows: rows.filter(isWanted).sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });
  const named = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const shortcuts: Section[] =
    words.length > 0
      ? []
      : [
          { title: 'favourites', rows: named(favourites) },
          { title: 'recent', rows: named(recent.filter((id) => !favourites.includes(id))) },
        ];
  return [...shortcuts, ...sections].filter(({ rows }) => rows.length > 0);
}

function matches(text: string, words: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return words.every((word) => lower.includes(word));
}

function rowOf(provider: Provider, model: Model, favourites: readonly string[]): ModelRow {
  const id = `${provider.id}/${model.id}`;
  const facts = [model.id, `${short(model.limit.context)} context`, price(model.cost)];
  return {
    id,
    name: model.name,
    note: facts.join(' · '),
    variants: Object.keys(model.variants ?? {}),
    isFavourite: favourites.includes(id),
  };
}

/** 200000 as `200k`. */
function short(tokens: number): string {
  return tokens >= 1_000_000 ? `${Math.round(tokens / 100_000) / 10}M` : `${Math.round(tokens / 1_000)}k`;
}

/** In dollars for a million tokens, read and written. */
function price({ input, output }: Model['cost']): string {
  return input === 0 && output === 0 ? 'free' : `$${input} in, $${output} out`;
}

/** The model of that name; null when there is none, or the name is none. */
export function findModel(providers: readonly Provider[], id: string | null): Model | null {
  const slash = id?.indexOf('/') ?? -1;
  if (id === null || slash < 0) return null;
  return (
    providers.find((provider) => provider.id === id.slice(0, slash))?.models[id.slice(slash + 1)] ?? null
  );
}

export function preferences(): Preferences {
  return {
    favourites: recallList('models.favourites'),
    recent: recallList('models.recent'),
    hidden: recallList('models.hidden'),
  };
}

export function setFavourite(id: string, isFavourite: boolean): void {
  const others = recallList('models.favourites').filter((each) => each !== id);
  remember('models.favourites', JSON.stringify(isFavourite ? [...others, id] : others));
}

const mostRecent = 5;

export function noteRecent(id: string): void {
  const others = recallList('models.recent').filter((each) => each !== id);
  remember('models.recent', JSON.stringify([id, ...others].slice(0, mostRecent)));
}
