/** Asks the worker for colours, and keeps the last answers: what comes back on the screen is coloured at once. */
import type { Language } from './language';
import type { Answer, Question } from './messages';
import type { ColouredLine } from './runs';

export type Coloured = readonly ColouredLine[];

/** Longer texts stay plain, in characters: their colours would weigh more than they help. */
const longest = 200_000;
/** How much is kept, in characters of source. */
const mostKept = 400_000;

const kept = new Map<string, Coloured>();
let keptLength = 0;

const waiting = new Map<number, (lines: Coloured | null) => void>();
let worker: Worker | null = null;
let lastId = 0;

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
  const id = ++lastId;
  const lines = await new Promise<Coloured | null>((done) => {
    waiting.set(id, done);
    const question: Question = { id, language, text };
    running().postMessage(question);
  });
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

function running(): Worker {
  if (worker) return worker;
  const started = new Worker(new URL('./colourWorker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<Answer>) => {
    waiting.get(data.id)?.(data.lines);
    waiting.delete(data.id);
  };
  // It could not be loaded: what waits stays plain, and the next text tries again.
  started.onerror = () => {
    started.terminate();
    if (worker === started) worker = null;
    for (const done of waiting.values()) done(null);
    waiting.clear();
  };
  worker = started;
  return started;
}
