/** At the bottom of what is reviewed: what is selected and what can be done with it, else the comments written so far. */
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { plural } from '@/shared/format';
import { isCommit, type ReviewComment, type ReviewView } from '@/shared/review/comment';
import { placeOf, promptOf } from '@/shared/review/prompt';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { SelectionBar } from './SelectionBar';
import { editComment, removeComments, useReview } from './store';
import type { LineSelection } from './useLineSelection';
import './review.css';

interface Props {
  chat: string;
  view: ReviewView;
  selection: LineSelection;
  /** Hands the prompt over; once it is kept, the comments are no longer needed. */
  onSend: (prompt: string) => Promise<void>;
  onSent: () => void;
  /** What else can be done here, when nothing is selected. */
  children?: ReactNode;
}

export function ReviewBar({ chat, view, selection, onSend, onSent, children }: Props) {
  const { comments } = useReview(chat);
  const [isListed, setListed] = useState(false);
  const { mutate, error, isPending } = useMutation({
    mutationFn: async (sent: readonly ReviewComment[]) => {
      await onSend(promptOf(sent));
      removeComments(chat, sent);
    },
    onSuccess: onSent,
  });
  if (selection.selected !== null) return <SelectionBar chat={chat} view={view} selection={selection} />;
  if (comments.length === 0 && !children) return null;
  return (
    <>
      {error && <Failure what="The comments were not sent." error={error} />}
      <section className="review-bar" aria-label="Review">
        {children}
        {comments.length > 0 && (
          <span className="review-bar-comments">
            <button type="button" className="button quiet" onClick={() => setListed(true)}>
              {plural(comments.length, 'comment')}
            </button>
            <button
              type="button"
              className="button primary"
              aria-label="Send to the agent"
              disabled={isPending}
              onClick={() => mutate(comments)}
            >
              Send<span className="review-bar-wide"> to the agent</span>
            </button>
          </span>
        )}
      </section>
      {isListed && <CommentList chat={chat} comments={comments} onClose={() => setListed(false)} />}
    </>
  );
}

function CommentList({
  chat,
  comments,
  onClose,
}: {
  chat: string;
  comments: readonly ReviewComment[];
  onClose: () => void;
}) {
  return (
    <Sheet title={plural(comments.length, 'comment')} onClose={onClose}>
      {comments.map((comment) => (
        <button
          key={comment.id}
          type="button"
          className="row"
          onClick={() => {
            onClose();
            editComment(chat, comment);
          }}
        >
          <span className="grow">
            {comment.text}
            <span className="sub block-line">
              {placeOf(comment)}
              {comment.view === 'head' && ' · not committed'}
              {isCommit(comment.view) && ' · commit'}
            </span>
          </span>
        </button>
      ))}
    </Sheet>
  );
}
