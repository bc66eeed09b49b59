/** Which lines somebody means, in whatever file: chosen by one tap, by dragging, or by a tap at each end. */
import { useCallback, useState } from 'react';
import { spanBetween } from '@/shared/diff/selection';
import type { SelectedLines } from '@/shared/review/comment';

interface State {
  selected: SelectedLines | null;
  /** Whether the next tap says where the selection ends. */
  isExtending: boolean;
}

export interface LineSelection extends State {
  select: (lines: SelectedLines, isDone: boolean) => void;
  extend: () => void;
  clear: () => void;
}

const nothing: State = { selected: null, isExtending: false };

export function useLineSelection(): LineSelection {
  const [state, setState] = useState(nothing);
  const select = useCallback(
    (lines: SelectedLines, isDone: boolean) => setState((before) => next(before, lines, isDone)),
    [],
  );
  const extend = useCallback(
    () => setState((before) => ({ ...before, isExtending: !before.isExtending })),
    [],
  );
  const clear = useCallback(() => setState(nothing), []);
  return { ...state, select, extend, clear };
}

function next({ selected, isExtending }: State, tapped: SelectedLines, isDone: boolean): State {
  if (!isExtending || selected === null || selected.lines !== tapped.lines) {
    return { selected: tapped, isExtending: false };
  }
  const end = tapped.span.first < selected.span.first ? tapped.span.first : tapped.span.last;
  const span = spanBetween(tapped.lines, selected.span.first, end);
  return { selected: span ? { ...tapped, span } : tapped, isExtending: !isDone };
}
