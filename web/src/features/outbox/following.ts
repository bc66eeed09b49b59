/** Follows what the server has taken until the stream tells of it. Pure but for how long each has been missing. */
import { type EventState, isShown } from '@/features/events/state';
import type { Item } from './item';

type Sight =
  /** The conversation shows it. */
  | 'shown'
  /** The server tells that it keeps it. */
  | 'kept'
  /** What is shown may be old, or not all there is. */
  | 'unclear'
  /** All is known, and it is not there. */
  | 'missing';

/** Where a prompt is as far as the stream tells. */
export function sightOf(state: EventState, { id, chat }: Pick<Item, 'id' | 'chat'>): Sight {
  const transcript = state.transcripts[chat];
  if (isShown(transcript, id)) return 'shown';
  if (state.connection.phase !== 'live' || !state.isKnown) return 'unclear';
  if (state.chats[chat]?.prompts.some((prompt) => prompt.id === id)) return 'kept';
  return transcript && transcript.freshness.type !== 'live' ? 'unclear' : 'missing';
}

/** How long something may be missing before it is not expected any more, in milliseconds. */
const patience = 30_000;
/** More than this between two looks is sleep, in which the stream told nothing. */
const longestStep = 5_000;

export interface Following {
  /** The ids that need not be followed any more. */
  over(followed: readonly Pick<Item, 'id' | 'chat'>[], state: EventState, now: number): string[];
}

export function createFollowing(): Following {
  const missingFor = new Map<string, number>();
  let last = Number.POSITIVE_INFINITY;
  return {
    over(followed, state, now) {
      const step = Math.min(Math.max(now - last, 0), longestStep);
      last = now;
      const over = followed.filter((item) => {
        const sight = sightOf(state, item);
        const missing = sight === 'missing' ? (missingFor.get(item.id) ?? -step) + step : 0;
        missingFor.set(item.id, missing);
        return sight === 'shown' || missing > patience;
      });
      for (const { id } of over) missingFor.delete(id);
      return over.map(({ id }) => id);
    },
  };
}
