/** What this browser remembers by name, as one entry of its storage: of the latest names only, so that it never fills it. */
import { keep } from './keeping';
import { recallJson } from './storage';

export interface Latest {
  recall(name: string): unknown;
  /** Null forgets it. */
  remember(name: string, value: unknown): void;
}

export function rememberLatest(key: string, most: number): Latest {
  /** Read anew each time: another tab may have written meanwhile. */
  function entries(): [string, unknown][] {
    const kept = recallJson(key);
    return Array.isArray(kept)
      ? kept.filter((each) => Array.isArray(each) && typeof each[0] === 'string')
      : [];
  }
  return {
    recall: (name) => entries().find(([known]) => known === name)?.[1] ?? null,
    remember(name, value) {
      const others = entries().filter(([known]) => known !== name);
      const all = value === null ? others : [...others, [name, value]].slice(-most);
      keep(key, all.length === 0 ? null : JSON.stringify(all));
    },
  };
}
