/** The review of a chat's changes as the browser keeps it. Pure. */
import type { ReviewComment } from '@/shared/review/comment';

export interface Review {
  comments: readonly ReviewComment[];
  /** What is being written now: a new comment, or one of the above. */
  draft: ReviewComment | null;
}

export const emptyReview: Review = { comments: [], draft: null };

/** What was stored; nothing where it cannot be read. */
export function readReview(stored: string | null): Review {
  if (stored === null) return emptyReview;
  try {
    const value: unknown = JSON.parse(stored);
    if (typeof value !== 'object' || value === null || !('comments' in value)) return emptyReview;
    const comments = Array.isArray(value.comments) ? value.comments.filter(isComment) : [];
    const draft = 'draft' in value && isComment(value.draft) ? value.draft : null;
    return { comments, draft };
  } catch {
    return emptyReview;
  }
}

/** Null when there is nothing to keep. */
export function writeReview(review: Review): string | null {
  return review.comments.length === 0 && review.draft === null ? null : JSON.stringify(review);
}

/** What is written takes its place among the comments; without a word it is none. */
export function keepDraft({ comments, draft }: Review): Review {
  if (draft === null) return { comments, draft };
  const isNew = comments.every(({ id }) => id !== draft.id);
  if (draft.text.trim() === '')
    return { comments: comments.filter(({ id }) => id !== draft.id), draft: null };
  return {
    comments: isNew
      ? [...comments, draft]
      : comments.map((comment) => (comment.id === draft.id ? draft : comment)),
    draft: null,
  };
}

function isComment(value: unknown): value is ReviewComment {
  if (typeof value !== 'object' || value === null) return false;
  const { id, path, view, text, lines } = value as Partial<Record<keyof ReviewComment, unknown>>;
  return (
    [id, path, view, text].every((part) => typeof part === 'string') &&
    Array.isArray(lines) &&
    lines.every(isLine)
  );
}

function isLine(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'text' in value &&
    typeof value.text === 'string' &&
    ['added', 'deleted', 'same'].includes(String(value.kind))
  );
}
