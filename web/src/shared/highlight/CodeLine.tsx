/** One line of code, coloured as far as its colours are known. */
import { memo } from 'react';
import type { ColouredLine } from './runs';
import { type Range, type Segment, segments } from './segments';
import './highlight.css';

interface Props {
  text: string;
  runs?: ColouredLine | undefined;
  /** What is set apart from the rest: the words that changed. */
  marks?: readonly Range[] | undefined;
}

export const CodeLine = memo(
  ({ text, runs, marks }: Props) =>
    segments(text, runs, marks).map((segment, index) => (
      // biome-ignore lint/suspicious/noArrayIndexKey: the position is the identity.
      <SegmentText key={index} {...segment} />
    )),
  (before, after) =>
    before.text === after.text && before.marks === after.marks && isSame(before.runs, after.runs),
);

function SegmentText({ text, kind, isMarked }: Segment) {
  const content = kind === null ? text : <span className={`syntax-${kind}`}>{text}</span>;
  return isMarked ? <mark className="diff-mark">{content}</mark> : content;
}

/** The worker's answers are new objects each time: a line whose colours stayed is not rendered again. */
function isSame(a: ColouredLine | undefined, b: ColouredLine | undefined): boolean {
  if (a === b) return true;
  if (!a || !b || a.length !== b.length) return false;
  return a.every((run, index) => run.text === b[index]?.text && run.kind === b[index]?.kind);
}
