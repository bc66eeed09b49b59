/** The models to choose from, in order. Pure; and which are favourites, recent or hidden, on this device. */
import type { OfferedModel, OfferedProvider } from '@/shared/api/relay';
import { recallList, remember } from '@/shared/storage';

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
  providers: readonly OfferedProvider[],
  { favourites, recent, hidden }: Preferences,
  search: string,
): Section[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const byId = new Map<string, ModelRow>();
  const sections = providers.map((provider): Section => {
    const rows = provider.models.map((model) => rowOf(provider, model, favourites));
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

function rowOf(provider: OfferedProvider, model: OfferedModel, favourites: readonly string[]): ModelRow {
  const id = `${provider.id}/${model.id}`;
  const facts = [model.id, size(model), price(model)].filter((fact) => fact !== '');
  return {
    id,
    name: model.name,
    note: facts.join(' · '),
    variants: model.variants,
    isFavourite: favourites.includes(id),
  };
}

/** 200000 as `200k context`; nothing where it is not known. */
function size({ context }: OfferedModel): string {
  if (!context) return '';
  const short =
    context >= 1_000_000 ? `${Math.round(context / 100_000) / 10}M` : `${Math.round(context / 1_000)}k`;
  return `${short} context`;
}

/** In dollars for a million tokens, read and written. */
function price({ input_price, output_price }: OfferedModel): string {
  if (input_price === null || output_price === null) return '';
  return input_price === 0 && output_price === 0 ? 'free' : `$${input_price} in, $${output_price} out`;
}

/** The model of that name; null when there is none, or the name is none. */
export function findModel(providers: readonly OfferedProvider[], id: string | null): OfferedModel | null {
  const slash = id?.indexOf('/') ?? -1;
  if (id === null || slash < 0) return null;
  const provider = providers.find((each) => each.id === id.slice(0, slash));
  return provider?.models.find((model) => model.id === id.slice(slash + 1)) ?? null;
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
