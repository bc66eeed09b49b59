/** The comments on each chat's changes that are not sent yet, kept by the browser: a phone may end the page at any moment. */
import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { keep } from '@/shared/keeping';
import type { ReviewComment } from '@/shared/review/comment';
import { recall, recallKeys } from '@/shared/storage';
import { keepDraft, type Review, readReview, writeReview } from './kept';

const key = (chat: string) => `review.${chat}`;

/** By chat. Read from the browser's storage when first asked for. */
const useReviews = create<Record<string, Review>>(() => ({}));

function reviewOf(reviews: Record<string, Review>, chat: string): Review {
  const known = reviews[chat];
  if (known) return known;
  // Kept at once, so that it is the same object each time it is asked for.
  const review = readReview(recall(key(chat)));
  reviews[chat] = review;
  return review;
}

/** The chats with comments that are not sent. */
export function useReviewedChats(): string[] {
  return useReviews(
    useShallow((reviews) =>
      [...new Set([...Object.keys(reviews), ...recallKeys('review.')])].filter((chat) => {
        const { comments, draft } = reviewOf(reviews, chat);
        return comments.length > 0 || draft !== null;
      }),
    ),
  );
}

export function useReview(chat: string): Review {
  return useReviews((reviews) => reviewOf(reviews, chat));
}

function change(chat: string, by: (review: Review) => Review): void {
  const review = by(reviewOf(useReviews.getState(), chat));
  useReviews.setState({ [chat]: review });
  keep(key(chat), writeReview(review));
}

export function beginComment(chat: string, comment: Omit<ReviewComment, 'id' | 'text'>): void {
  const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
  change(chat, ({ comments }) => ({ comments, draft: { ...comment, id, text: '' } }));
}

export function editComment(chat: string, comment: ReviewComment): void {
  change(chat, ({ comments }) => ({ comments, draft: comment }));
}

export function write(chat: string, text: string): void {
  change(chat, ({ comments, draft }) => ({ comments, draft: draft && { ...draft, text } }));
}

export function saveDraft(chat: string): void {
  change(chat, keepDraft);
}

export function dropDraft(chat: string): void {
  change(chat, ({ comments }) => ({ comments, draft: null }));
}

/** Forgets what was removed or sent; what was written since stays. */
export function removeComments(chat: string, gone: readonly ReviewComment[]): void {
  const ids = new Set(gone.map(({ id }) => id));
  change(chat, ({ comments, draft }) => ({
    comments: comments.filter(({ id }) => !ids.has(id)),
    draft: draft && ids.has(draft.id) ? null : draft,
  }));
}

/** Another tab of this browser changed something; what is being written there is its own. */
globalThis.addEventListener?.('storage', ({ key: changed }) => {
  for (const [chat, { draft }] of Object.entries(useReviews.getState())) {
    if (changed !== `ocweb.${key(chat)}`) continue;
    useReviews.setState({ [chat]: { comments: readReview(recall(key(chat))).comments, draft } });
  }
});
