/** Selecting lines of a diff: a tap means one, dragging over the numbers or a tap with shift means several. */
import { type KeyboardEvent, type MouseEvent, type PointerEvent, useRef } from 'react';
import type { DiffLine } from './patch';
import { type LineSpan, spanBetween } from './selection';

interface Options {
  lines: readonly DiffLine[];
  onSelect: ((span: LineSpan, isDone: boolean) => void) | undefined;
  selected: LineSpan | null;
}

/** Which line an element belongs to, by index. */
function lineAt(element: Element | null): number | null {
  const row = element?.closest<HTMLElement>('[data-line]');
  return row ? Number(row.dataset.line) : null;
}

/** Handlers for the box around the lines; none when nothing is to be selected. */
export function useLineSelection({ lines, onSelect, selected }: Options) {
  /** Where the drag that goes on began, and where it is. */
  const drag = useRef<{ from: number; to: number } | null>(null);
  if (!onSelect) return {};
  const select = (from: number, to: number, isDone: boolean) => {
    const span = spanBetween(lines, from, to);
    if (span) onSelect(span, isDone);
  };
  const end = () => {
    const { current } = drag;
    drag.current = null;
    if (current) select(current.from, current.to, true);
  };
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (!(event.target instanceof Element) || event.button !== 0 || event.shiftKey) return;
      const line = event.target.closest('.diff-number') ? lineAt(event.target) : null;
      if (line === null) return;
      drag.current = { from: line, to: line };
      event.currentTarget.setPointerCapture(event.pointerId);
      select(line, line, false);
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const { current } = drag;
      if (!current) return;
      const under = document.elementFromPoint(event.clientX, event.clientY);
      const line = event.currentTarget.contains(under) ? lineAt(under) : null;
      if (line === null || line === current.to) return;
      current.to = line;
      select(current.from, line, false);
    },
    onPointerUp: end,
    onPointerCancel: end,
    /** A tap on the text, and Enter on a number. Marking text to copy it is no tap. */
    onClick(event: MouseEvent<HTMLElement>) {
      if (!(event.target instanceof Element) || getSelection()?.isCollapsed === false) return;
      const isNumber = event.target.closest('.diff-number') !== null;
      // By mouse or finger the number was selected when it was pressed; a click by keyboard counts as none.
      if (isNumber && event.detail !== 0 && !event.shiftKey) return;
      const line = lineAt(event.target);
      if (line !== null) select(event.shiftKey && selected ? selected.first : line, line, true);
    },
    onKeyDown(event: KeyboardEvent<HTMLElement>) {
      const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
      if (step === 0 || !(event.target instanceof HTMLButtonElement)) return;
      const numbers = [...event.currentTarget.querySelectorAll<HTMLButtonElement>('button.diff-number')];
      const next = numbers[numbers.indexOf(event.target) + step];
      if (!next) return;
      event.preventDefault();
      next.focus();
    },
  };
}
