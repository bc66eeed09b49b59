/** A comment where its lines are, or were. A tap changes it. */
import type { ReviewComment } from '@/shared/review/comment';
import { placeOf, quotation } from '@/shared/review/prompt';
import { editComment } from './store';
import './review.css';

interface Props {
  chat: string;
  comment: ReviewComment;
  /** Whether the lines are in sight above it: else it says where they were, and what they said. */
  isInPlace: boolean;
}

export function CommentNote({ chat, comment, isInPlace }: Props) {
  return (
    <button
      type="button"
      className="comment-note"
      data-testid="comment"
      aria-label={`Comment on ${placeOf(comment)}: ${comment.text}`}
      onClick={() => editComment(chat, comment)}
    >
      {!isInPlace && (
        <span className="comment-place">
          <span className="warn-text">outdated</span> {placeOf(comment)}
          <span className="comment-quote">{quotation(comment.lines)}</span>
        </span>
      )}
      <span className="comment-text">{comment.text}</span>
    </button>
  );
}
