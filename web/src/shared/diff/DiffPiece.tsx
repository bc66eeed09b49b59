/** A hundred lines of a diff. Until the reader comes near they are an empty place of the same height. */
import { Fragment, memo, type ReactNode, useEffect, useMemo, useRef } from 'react';
import { CodeLine } from '@/shared/highlight/CodeLine';
import type { Language } from '@/shared/highlight/language';
import { type DiffLine, hunkTitle } from './patch';
import { isLine } from './selection';
import { useDiffColours } from './useDiffColours';
import { changedWords } from './words';

export const linesOfPiece = 100;

const signs: Record<DiffLine['kind'], string> = {
  added: '+',
  deleted: '−',
  same: ' ',
  hunk: '⋯',
  note: ' ',
};

interface Props {
  piece: number;
  /** All lines of the diff. */
  lines: readonly DiffLine[];
  pairs: ReadonlyMap<number, number>;
  language: Language | null;
  isShown: boolean;
  onSeen: (piece: number) => void;
  isSelectable: boolean;
  /** Indices of all that is selected. */
  firstSelected?: number;
  lastSelected?: number;
  below: ((index: number) => ReactNode) | undefined;
}

export const DiffPiece = memo((props: Props) => {
  const { piece, lines, isShown, onSeen } = props;
  const box = useRef<HTMLDivElement>(null);
  const count = Math.min(linesOfPiece, lines.length - piece * linesOfPiece);
  const isAlone = lines.length <= linesOfPiece;
  useEffect(() => {
    if (isAlone || !box.current) return;
    const observer = new IntersectionObserver(([entry]) => {
      if (!entry?.isIntersecting) return;
      observer.disconnect();
      onSeen(piece);
    });
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [isAlone, onSeen, piece]);
  return (
    <div ref={box} style={isShown ? undefined : { height: `calc(${count} * var(--diff-line))` }}>
      {isShown && <Lines {...props} />}
    </div>
  );
});

function Lines({
  piece,
  lines,
  pairs,
  language,
  isSelectable,
  firstSelected = 0,
  lastSelected = -1,
  below,
}: Props) {
  const begin = piece * linesOfPiece;
  const shown = useMemo(() => lines.slice(begin, begin + linesOfPiece), [lines, begin]);
  const colours = useDiffColours(language, shown);
  const marks = useMemo(
    () => shown.map((line, index) => marksOf(line, lines[pairs.get(begin + index) ?? -1])),
    [shown, begin, lines, pairs],
  );
  const entry = lines.findIndex(isLine);
  return shown.map((line, offset) => {
    const index = begin + offset;
    const more = isLine(line) ? below?.(index) : null;
    const isSelected = index >= firstSelected && index <= lastSelected;
    return (
      <Fragment key={index}>
        <div className={`diff-line ${line.kind}`} data-line={index} data-selected={isSelected || undefined}>
          <LineNumber
            line={line}
            isSelectable={isSelectable && isLine(line)}
            // One stop of the Tab key; from there the arrow keys lead on.
            isStop={index === (lastSelected === -1 ? entry : lastSelected)}
          />
          <span className="diff-sign">{signs[line.kind]}</span>
          <span className="diff-text">
            {line.kind === 'hunk' ? (
              hunkTitle(line)
            ) : (
              <CodeLine text={line.text} runs={colours[offset]} marks={marks[offset]} />
            )}
          </span>
        </div>
        {more !== null && more !== undefined && <div className="diff-below">{more}</div>}
      </Fragment>
    );
  });
}

interface NumberProps {
  line: DiffLine;
  isSelectable: boolean;
  isStop: boolean;
}

/** Drawn by CSS, so that it is not copied with the text; a button where lines can be selected. */
function LineNumber({ line, isSelectable, isStop }: NumberProps) {
  const number = line.after ?? line.before ?? '';
  if (!isSelectable) return <span className="diff-number" data-number={number} />;
  return (
    <button
      type="button"
      className="diff-number"
      data-number={number}
      tabIndex={isStop ? 0 : -1}
      aria-label={`Select ${line.kind === 'deleted' ? 'deleted line' : 'line'} ${number}`}
    />
  );
}

function marksOf(line: DiffLine, other: DiffLine | undefined) {
  if (!other) return undefined;
  if (line.kind === 'deleted') return changedWords(line.text, other.text).before;
  return changedWords(other.text, line.text).after;
}
