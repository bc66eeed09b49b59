/** The colours of the lines of a diff: of each line as it stands in its own version of the file. */
import { useMemo } from 'react';
import type { Language } from '@/shared/highlight/language';
import type { ColouredLine } from '@/shared/highlight/runs';
import { useColours } from '@/shared/highlight/useColours';
import type { DiffLine } from './patch';
import { sidesOf } from './sides';

export function useDiffColours(
  language: Language | null,
  lines: readonly DiffLine[],
): readonly (ColouredLine | undefined)[] {
  const { before, after, places } = useMemo(() => sidesOf(lines), [lines]);
  const colours = { before: useColours(language, before), after: useColours(language, after) };
  return places.map((place) => (place ? colours[place.side]?.[place.line] : undefined));
}
