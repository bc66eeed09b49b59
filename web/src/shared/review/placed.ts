/** Which comments stand below which lines of a file's diff, and which have lost their lines. Pure. */
import type { DiffLine } from '@/shared/diff/patch';
import { belongsTo, locate, type ReviewComment, type ReviewView } from './comment';

export interface Placed {
  /** By the index of the line. */
  below: ReadonlyMap<number, readonly ReviewComment[]>;
  /** Their lines were here, and are not any more. */
  outdated: readonly ReviewComment[];
}

/** `comments` may be of any file and view. */
export function placeComments(
  comments: readonly ReviewComment[],
  path: string,
  lines: readonly DiffLine[],
  view: ReviewView,
): Placed {
  const below = new Map<number, ReviewComment[]>();
  const outdated: ReviewComment[] = [];
  for (const comment of comments) {
    if (comment.path !== path || !belongsTo(comment.view, view)) continue;
    const place = locate(comment, lines);
    if (place) below.set(place.last, [...(below.get(place.last) ?? []), comment]);
    // Another view may not have the lines at all: only where it was written can it be outdated.
    else if (comment.view === view) outdated.push(comment);
  }
  return { below, outdated };
}

/** Comments on files that this view had when they were written, and does not have any more. */
export function withoutFile(
  comments: readonly ReviewComment[],
  paths: readonly string[],
  view: ReviewView,
): ReviewComment[] {
  const known = new Set(paths);
  return comments.filter((comment) => comment.view === view && !known.has(comment.path));
}
