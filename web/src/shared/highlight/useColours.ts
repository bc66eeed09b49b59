/** The colours of a text that may still grow: known ones at once, others when the worker has them. */
import { useEffect, useRef, useState } from 'react';
import type { Coloured } from './asker';
import { colour, knownColours } from './colour';
import { createFollower, type Follower } from './follower';
import type { Language } from './language';

/** A text that grows is coloured this often, in milliseconds. */
const pause = 250;

/**
 * The last colours that are known; null while there are none. They may be of an older version of the text, so
 * each line is compared before its colours are used (`coloured` in `segments.ts`).
 */
export function useColours(language: Language | null, text: string): Coloured | null {
  const known = language && text !== '' ? knownColours(language, text) : null;
  const [last, setLast] = useState<Coloured | null>(null);
  const follower = useRef<Follower | null>(null);
  useEffect(() => {
    const following = createFollower(colour, setLast, pause);
    follower.current = following;
    return () => following.stop();
  }, []);
  useEffect(() => {
    if (language && !known && text !== '') follower.current?.update(language, text);
  }, [language, text, known]);
  return known ?? last;
}
