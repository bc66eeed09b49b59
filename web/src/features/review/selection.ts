/** Which lines are selected after each tap. Pure. */
import { spanBetween } from '@/shared/diff/selection';
import type { SelectedLines } from '@/shared/review/comment';

export interface Selection {
  selected: SelectedLines | null;
  /** Whether the next tap says where the selection ends. */
  isExtending: boolean;
}

export const nothing: Selection = { selected: null, isExtending: false };

export function afterTap(
  { selected, isExtending }: Selection,
  tapped: SelectedLines,
  isDone: boolean,
): Selection {
  if (!isExtending || selected === null || selected.lines !== tapped.lines) {
    return { selected: tapped, isExtending: false };
  }
  const end = tapped.span.first < selected.span.first ? tapped.span.first : tapped.span.last;
  const span = spanBetween(tapped.lines, selected.span.first, end);
  return { selected: span ? { ...tapped, span } : tapped, isExtending: !isDone };
}
