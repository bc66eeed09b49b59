/** What an answer took, and how full the model's context is, as numbers and short text. Pure. */

import type { Entry, Transcript } from '@/features/events/state';
import type { AssistantMessage } from '@/shared/api/opencode';
import type { OfferedProvider } from '@/shared/api/relay';

type Tokens = AssistantMessage['tokens'];

/** 950 → "950", 2473 → "2.5k", 1200000 → "1.2M". */
export function short(count: number): string {
  if (count < 1_000) return String(count);
  const [value, unit] = count < 999_500 ? [count / 1_000, 'k'] : [count / 1_000_000, 'M'];
  return `${value < 9.95 ? value.toFixed(1).replace('.0', '') : Math.round(value)}${unit}`;
}

/** Dollars, with as many digits as say something: "$0.0013", "$0.42", "$12.30". */
export function money(dollars: number): string {
  if (dollars >= 0.1) return `$${dollars.toFixed(2)}`;
  return dollars >= 0.00005 ? `$${dollars.toFixed(4)}` : '$0';
}

/** All that the model was given: what it had read before costs less, but is there all the same. */
export function tokensIn(tokens: Tokens): number {
  return tokens.input + tokens.cache.read + tokens.cache.write;
}

export function tokensOut(tokens: Tokens): number {
  return tokens.output + tokens.reasoning;
}

/** "2.5k in · 31 out · $0.0013"; empty where nothing is known, without a price where there is none. */
export function usageText(tokens: Tokens | undefined, cost: number | undefined): string {
  const known = tokens !== undefined && tokensIn(tokens) + tokensOut(tokens) > 0;
  const counts = known ? [`${short(tokensIn(tokens))} in`, `${short(tokensOut(tokens))} out`] : [];
  return [...counts, ...(cost !== undefined && cost > 0 ? [money(cost)] : [])].join(' · ');
}

/** What fills the context: the last answer with all that it answered to. */
export interface ContextUse {
  tokens: number;
  /** `provider/model`. */
  model: string;
}

/** Null until something was answered. */
export function contextUse(transcript: Transcript | undefined): ContextUse | null {
  const last = transcript?.order.findLast((id) => isCounted(transcript.entries[id]));
  const info = transcript?.entries[last ?? '']?.info;
  if (info?.role !== 'assistant') return null;
  // Of what was summarised, only the summary is left.
  const tokens = (info.summary === true ? 0 : tokensIn(info.tokens)) + tokensOut(info.tokens);
  return { tokens, model: `${info.providerID}/${info.modelID}` };
}

function isCounted(entry: Entry | undefined): boolean {
  return entry?.info.role === 'assistant' && entry.info.tokens.output > 0;
}

/** How many tokens a model can take in; null where that is not known. */
export function contextLimit(
  providers: readonly OfferedProvider[] | undefined,
  model: string,
): number | null {
  const slash = model.indexOf('/');
  const provider = providers?.find(({ id }) => id === model.slice(0, slash));
  // A provider that is configured without saying how much its model takes in says 0.
  return provider?.models.find(({ id }) => id === model.slice(slash + 1))?.context || null;
}
