/**
 * What the reader folded or opened against its default, kept on this device: by the part of the conversation, so that it
 * is the same after a reload. Of the latest few hundred only.
 */
import { recall, remember } from '@/shared/storage';

const key = 'folds';
/** So many are remembered; the oldest is forgotten first. */
export const mostFolds = 400;

type Folds = ReadonlyMap<string, boolean>;

/** Whether a block was left open (true) or closed (false); null where its default holds. */
export function recallFold(block: string): boolean | null {
  return stored().get(block) ?? null;
}

/** Remembers how a block was left; null when it is as by default again. */
export function rememberFold(block: string, open: boolean | null): void {
  remember(key, write(changed(stored(), block, open)));
}

export function changed(folds: Folds, block: string, open: boolean | null): Folds {
  const entries = [...folds].filter(([name]) => name !== block);
  if (open !== null) entries.push([block, open]);
  return new Map(entries.slice(-mostFolds));
}

/** As text: `+` before what is open and `-` before what is closed, the latest last. */
export function write(folds: Folds): string {
  return [...folds].map(([name, open]) => `${open ? '+' : '-'}${name}`).join('\n');
}

export function read(text: string | null): Folds {
  const lines = (text ?? '').split('\n').filter((line) => /^[+-]./.test(line));
  return new Map(lines.map((line) => [line.slice(1), line.startsWith('+')]));
}

/** Another tab may have written meanwhile, so the text is what counts; it is read once for each change. */
let known: { text: string | null; folds: Folds } = { text: null, folds: new Map() };

function stored(): Folds {
  const text = recall(key);
  if (text !== known.text) known = { text, folds: read(text) };
  return known.folds;
}
