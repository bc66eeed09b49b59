/** Comments on lines of a diff or a file, and where these lines are now. Pure. */
import type { DiffLine } from '@/shared/diff/patch';
import { isLine, type LineSpan } from '@/shared/diff/selection';

/** A line that can be commented on: not what separates hunks. */
export type QuotedLine = DiffLine & { kind: 'added' | 'deleted' | 'same' };

/** What was read: all changes, those not committed, the file itself, or one commit by its id. */
export type ReviewView = 'base' | 'head' | 'file' | (string & {});

export interface ReviewComment {
  id: string;
  path: string;
  view: ReviewView;
  /** The lines that it is about, as they were. */
  lines: readonly QuotedLine[];
  text: string;
}

/** Lines that somebody means, of a diff or a file. */
export interface SelectedLines {
  path: string;
  /** All lines that were there to choose from. */
  lines: readonly DiffLine[];
  span: LineSpan;
}

const isQuotable = (line: DiffLine): line is QuotedLine => isLine(line);

/** A comment keeps its lines: so many, and of each so many characters, which tell it from others well enough. */
export const longest = { lines: 200, characters: 1_000 } as const;

/** The lines of a span, up to where their hunk ends: what comes after a gap does not belong to them. */
export function quote(lines: readonly DiffLine[], { first, last }: LineSpan): QuotedLine[] {
  const all = lines.slice(first, last + 1);
  const gap = all.findIndex(({ kind }) => kind === 'hunk');
  return (gap === -1 ? all : all.slice(0, gap))
    .filter(isQuotable)
    .slice(0, longest.lines)
    .map((line) => (line.text.length > longest.characters ? { ...line, text: beginningOf(line) } : line));
}

const beginningOf = ({ text }: DiffLine): string => text.slice(0, longest.characters);

export function isCommit(view: ReviewView): boolean {
  return view !== 'base' && view !== 'head' && view !== 'file';
}

/** Changes and the file itself end in the same working copy; a commit stands for itself. */
export function belongsTo(view: ReviewView, shown: ReviewView): boolean {
  return view === shown || (!isCommit(view) && !isCommit(shown));
}

/** Where a comment's lines are now: the same lines, nearest to where they were; null when they are no more. */
export function locate({ lines: quoted }: ReviewComment, lines: readonly DiffLine[]): LineSpan | null {
  const [start] = quoted;
  if (start === undefined) return null;
  const wanted = numberOf(start);
  let best: LineSpan | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  lines.forEach((line, first) => {
    const distance = Math.abs(numberOf(line) - wanted);
    if (distance >= bestDistance) return;
    const last = endOfMatch(quoted, lines, first);
    if (last === null) return;
    best = { first, last };
    bestDistance = distance;
  });
  return best;
}

const numberOf = (line: DiffLine): number => line.after ?? line.before ?? 0;

/** The index of the last line, if all quoted lines are there one after the other. */
function endOfMatch(quoted: readonly QuotedLine[], lines: readonly DiffLine[], first: number): number | null {
  let at = first - 1;
  for (const wanted of quoted) {
    at += 1;
    // A note (no newline at the end) may stand between lines without being one.
    if (lines[at]?.kind === 'note' && at > first) at += 1;
    const line = lines[at];
    if (line === undefined || beginningOf(line) !== beginningOf(wanted) || isGone(line) !== isGone(wanted))
      return null;
  }
  return at;
}

/** Whether a line is in the old file alone. An added line may be an unchanged one elsewhere: committed since, or in the file. */
const isGone = ({ kind }: DiffLine): boolean => kind === 'deleted';
