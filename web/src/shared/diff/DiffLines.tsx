/** The lines of one file's diff, with numbers; long ones scroll sideways in their own box. */
import { memo, type ReactNode, useMemo } from 'react';
import { languageOfPath } from '@/shared/highlight/language';
import { DiffPiece, linesOfPiece } from './DiffPiece';
import { pairLines } from './pairs';
import type { DiffLine } from './patch';
import type { LineSpan } from './selection';
import { useLineSelection } from './useLineSelection';
import { usePieces } from './usePieces';
import './diff.css';

export interface DiffLinesProps {
  lines: readonly DiffLine[];
  /** What is compared: the path, mostly, whose ending says the language. */
  label: string;
  /**
   * Makes lines selectable: a tap means a line alone; dragging over the numbers, or a tap with shift, means several.
   * Called with what is meant so far; `isDone` once the finger is lifted. Give the same function while it does the same.
   */
  onSelect?: ((span: LineSpan, isDone: boolean) => void) | undefined;
  /** What is shown as selected. */
  selected?: LineSpan | null | undefined;
  /** What stands below a line, by its index: comments, and the box to write one. As for `onSelect`: the same function. */
  below?: ((index: number) => ReactNode) | undefined;
}

export const DiffLines = memo(({ lines, label, onSelect, selected = null, below }: DiffLinesProps) => {
  const pairs = useMemo(() => pairLines(lines), [lines]);
  const digits = useMemo(
    () => String(lines.reduce((most, line) => Math.max(most, line.after ?? 0, line.before ?? 0), 0)).length,
    [lines],
  );
  const language = languageOfPath(label);
  const handlers = useLineSelection({ lines, onSelect, selected });
  const { isShown, show } = usePieces();
  const pieces = Math.ceil(lines.length / linesOfPiece);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/useSemanticElements: a scrolling box with a name; a fieldset is for forms.
    <div className="diff" role="group" aria-label={`Diff of ${label}`} tabIndex={0} {...handlers}>
      <div className="diff-lines" style={{ '--digits': String(digits) } as React.CSSProperties}>
        {Array.from({ length: pieces }, (_, piece) => (
          <DiffPiece
            // biome-ignore lint/suspicious/noArrayIndexKey: the lines of a diff never move.
            key={piece}
            piece={piece}
            lines={lines}
            pairs={pairs}
            language={language}
            isShown={isShown(piece)}
            onSeen={show}
            isSelectable={onSelect !== undefined}
            {...partOf(selected, piece)}
            below={below}
          />
        ))}
      </div>
    </div>
  );
});

/** The part of a selection that a piece shows: nothing for pieces that it does not touch, so that they stay as they are. */
function partOf(selected: LineSpan | null, piece: number) {
  const begin = piece * linesOfPiece;
  if (selected === null || selected.first >= begin + linesOfPiece || selected.last < begin) return {};
  return { firstSelected: selected.first, lastSelected: selected.last };
}
