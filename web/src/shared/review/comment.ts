/** Comments on lines of a diff or a file: where they belong now, and how they are told to the agent. Pure. */
import type { DiffLine } from '@/shared/diff/patch';

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

/** Indices of the first and the last line. */
export interface LineRange {
  from: number;
  to: number;
}

export function isQuotable(line: DiffLine | undefined): line is QuotedLine {
  return line !== undefined && line.kind !== 'hunk' && line.kind !== 'note';
}

/** From the line that was chosen first to another, cut where the hunk ends; null where there is nothing to quote. */
export function rangeBetween(lines: readonly DiffLine[], first: number, other: number): LineRange | null {
  if (!isQuotable(lines[first])) return null;
  const step = other < first ? -1 : 1;
  let last = first;
  for (let at = first; at !== other + step; at += step) {
    const line = lines[at];
    if (line === undefined || line.kind === 'hunk') break;
    if (isQuotable(line)) last = at;
  }
  return { from: Math.min(first, last), to: Math.max(first, last) };
}

export function quote(lines: readonly DiffLine[], { from, to }: LineRange): QuotedLine[] {
  return lines.slice(from, to + 1).filter(isQuotable);
}

/** Changes and the file itself end in the same working copy; a commit stands for itself. */
export function belongsTo(view: ReviewView, shown: ReviewView): boolean {
  const isCommit = (name: ReviewView) => name !== 'base' && name !== 'head' && name !== 'file';
  return view === shown || (!isCommit(view) && !isCommit(shown));
}

const numberOf = (line: DiffLine): number => line.after ?? line.before ?? 0;

/** Where the quoted lines are now: the same lines, nearest to where they were; null when they are no more. */
export function locate(
  quoted: readonly QuotedLine[],
  lines: readonly DiffLine[],
  isFile: boolean,
): LineRange | null {
  const [first] = quoted;
  if (first === undefined) return null;
  let best: LineRange | null = null;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (let from = 0; from < lines.length; from += 1) {
    const to = endOfMatch(quoted, lines, from, isFile);
    const line = lines[from];
    if (to === null || line === undefined) continue;
    const distance = Math.abs(numberOf(line) - numberOf(first));
    if (distance < bestDistance) {
      best = { from, to };
      bestDistance = distance;
    }
  }
  return best;
}

/** The index of the last line, if all quoted lines are there one after the other. A file has no signs to compare. */
function endOfMatch(
  quoted: readonly QuotedLine[],
  lines: readonly DiffLine[],
  from: number,
  isFile: boolean,
): number | null {
  let at = from - 1;
  for (const wanted of quoted) {
    at += 1;
    // Notes (no newline at the end) stand between lines without being one.
    if (lines[at]?.kind === 'note' && at > from) at += 1;
    const line = lines[at];
    if (line === undefined || line.text !== wanted.text) return null;
    if (!isFile && line.kind !== wanted.kind) return null;
  }
  return at;
}
