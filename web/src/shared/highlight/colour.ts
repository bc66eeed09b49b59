/** Asks the worker for colours, and keeps the last answers: what comes back on the screen is coloured at once. */
import { type Coloured, createAsker } from './asker';
import type { Language } from './language';

/** Longer texts stay plain, in characters: their colours would weigh more than they help. */
const longest = 200_000;
/** How much is kept, in characters of source. */
const mostKept = 400_000;

const kept = new Map<string, Coloured>();
let keptLength = 0;

const ask = createAsker(() => new Worker(new URL('./colourWorker.ts', import.meta.url), { type: 'module' }));

function keyOf(language: Language, text: string): string {
  return `${language}\n${text}`;
}

/** The colours of a text if they are known already. */
export function knownColours(language: Language, text: string): Coloured | null {
  return kept.get(keyOf(language, text)) ?? null;
}

/** The colours of a text; null when there are none to be had. */
export async function colour(language: Language, text: string): Promise<Coloured | null> {
  const known = knownColours(language, text);
  if (known || text.length > longest) return known;
  const lines = await ask(language, text);
  if (lines) keep(keyOf(language, text), lines);
  return lines;
}

/** Keeps an answer in place of that to a shorter version of the same text, and forgets the oldest. */
function keep(key: string, lines: Coloured): void {
  const newest = [...kept.keys()].at(-1);
  if (newest !== undefined && newest !== key && key.startsWith(newest)) forget(newest);
  if (kept.has(key)) return;
  kept.set(key, lines);
  keptLength += key.length;
  for (const oldest of kept.keys()) {
    if (keptLength <= mostKept) break;
    forget(oldest);
  }
}

function forget(key: string): void {
  if (kept.delete(key)) keptLength -= key.length;
}
