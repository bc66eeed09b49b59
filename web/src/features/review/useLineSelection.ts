/** Which lines somebody means, in whatever file: chosen by one tap, by dragging, or by a tap at each end. */
import { useCallback, useState } from 'react';
import type { SelectedLines } from '@/shared/review/comment';
import { afterTap, nothing, type Selection } from './selection';

export interface LineSelection extends Selection {
  select: (lines: SelectedLines, isDone: boolean) => void;
  extend: () => void;
  clear: () => void;
}

export function useLineSelection(): LineSelection {
  const [state, setState] = useState(nothing);
  const select = useCallback(
    (lines: SelectedLines, isDone: boolean) => setState((before) => afterTap(before, lines, isDone)),
    [],
  );
  const extend = useCallback(
    () => setState((before) => ({ ...before, isExtending: !before.isExtending })),
    [],
  );
  const clear = useCallback(() => setState(nothing), []);
  return { ...state, select, extend, clear };
}
