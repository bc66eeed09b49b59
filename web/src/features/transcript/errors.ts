/** What went wrong with a model, in words, and what the reader can do about it. Pure. */
import { errorSentence } from '@/shared/api/opencode';

/** What can be done about it here. */
export type Remedy = 'providers' | 'compact';

export interface Explained {
  what: string;
  /** What to do; null where nothing is known. */
  advice: string | null;
  remedy: Remedy | null;
  /** The provider's own words, where they add something. */
  said: string | null;
}

/** As opencode tells it: with a name, and what is known about it. */
export interface Failure {
  name: string;
  data?: unknown;
}

type Cause =
  | 'key'
  | 'credit'
  | 'limit'
  | 'context'
  | 'length'
  | 'filter'
  | 'model'
  | 'overloaded'
  | 'network'
  | 'unknown';

const meaning: Record<Exclude<Cause, 'unknown'>, Omit<Explained, 'said'>> = {
  key: {
    what: 'The provider does not accept the key.',
    advice: 'Put in a key that is valid, then send the prompt again.',
    remedy: 'providers',
  },
  credit: {
    what: 'The provider’s credit or quota is used up.',
    advice: 'Top it up there, or go on with a model of another provider.',
    remedy: 'providers',
  },
  limit: {
    what: 'The provider lets through no more requests for now.',
    advice: 'Wait a minute and send it again, or choose another model.',
    remedy: null,
  },
  context: {
    what: 'The conversation is longer than the model can take in.',
    advice: 'Compact it: it is summarised, and goes on from the summary.',
    remedy: 'compact',
  },
  length: {
    what: 'The answer was longer than the model may write at once.',
    advice: 'Say “continue”, or ask for less at a time.',
    remedy: null,
  },
  filter: {
    what: 'The provider’s filter held the answer back.',
    advice: 'Say it in other words, or choose another model.',
    remedy: null,
  },
  model: {
    what: 'There is no such model at this provider.',
    advice: 'Choose another model below.',
    remedy: null,
  },
  overloaded: {
    what: 'The provider has trouble of its own.',
    advice: 'Send it again in a while, or choose another model.',
    remedy: null,
  },
  network: {
    what: 'The provider could not be reached.',
    advice: 'The server may have no network; send it again when it has.',
    remedy: null,
  },
};

export function explainFailure(failure: Failure): Explained {
  const said = errorSentence(failure);
  const cause = causeOf(failure, said);
  if (cause === 'unknown') return { what: said, advice: null, remedy: null, said: null };
  return { ...meaning[cause], said: said === failure.name ? null : said };
}

/** What a sentence alone is about: opencode tells why it tries again in words only. */
export function explainSentence(sentence: string): Explained {
  return explainFailure({ name: 'UnknownError', data: { message: sentence } });
}

function causeOf({ name, data }: Failure, said: string): Cause {
  switch (name) {
    case 'ProviderAuthError':
      return 'key';
    case 'ContextOverflowError':
      return 'context';
    case 'MessageOutputLengthError':
      return 'length';
    case 'ContentFilterError':
      return 'filter';
    default:
      return byWords(`${said} ${text(data, 'responseBody')}`) ?? byStatus(status(data)) ?? 'unknown';
  }
}

/** Providers do not agree on statuses: the words come first. The order matters. */
const words: readonly [RegExp, Cause][] = [
  [
    /context.{0,12}(length|window|limit)|prompt is too long|maximum context|too many tokens|input is too long/i,
    'context',
  ],
  [
    /insufficient.?(quota|credit|balance|funds)|exceeded your current quota|billing|payment required/i,
    'credit',
  ],
  [/rate.?limit|too many requests/i, 'limit'],
  [/invalid.{0,3}api.?key|incorrect api key|unauthori[sz]ed|authentication|api key.{0,20}missing/i, 'key'],
  [/model.{0,40}not found|modelnotfound|no such model/i, 'model'],
  [/overloaded|service unavailable/i, 'overloaded'],
  [/econnrefused|enotfound|etimedout|unable to connect|fetch failed|cannot connect/i, 'network'],
];

function byWords(sentence: string): Cause | null {
  return words.find(([pattern]) => pattern.test(sentence))?.[1] ?? null;
}

function byStatus(code: number | null): Cause | null {
  if (code === 401 || code === 403) return 'key';
  if (code === 402) return 'credit';
  if (code === 413) return 'context';
  if (code === 404) return 'model';
  if (code === 429) return 'limit';
  return code !== null && code >= 500 ? 'overloaded' : null;
}

function field(data: unknown, name: string): unknown {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;
}

function text(data: unknown, name: string): string {
  const value = field(data, name);
  return typeof value === 'string' ? value : '';
}

function status(data: unknown): number | null {
  const value = field(data, 'statusCode');
  return typeof value === 'number' ? value : null;
}
