/** At the bottom of what is reviewed: what is selected and what can be done with it, else the comments written so far. */
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { plural } from '@/shared/format';
import { isCommit, type QuotedLine, type ReviewComment } from '@/shared/review/comment';
import { placeOf, promptOf } from '@/shared/review/prompt';
import { IconButton } from '@/shared/ui/Icon';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { beginComment, editComment, removeComments, useReview } from './store';
import './review.css';

/** The lines that are selected, and where. */
export interface Selected {
  path: string;
  view: string;
  lines: readonly QuotedLine[];
}

interface Props {
  chat: string;
  selected: Selected | null;
  /** Whether the next tap on a line is the end of the selection. */
  isExtending: boolean;
  onExtend: () => void;
  onClear: () => void;
  /** Hands the prompt over; once it is kept, the comments are no longer needed. */
  onSend: (prompt: string) => Promise<void>;
  onSent: () => void;
  /** What else can be done here, when nothing is selected. */
  children?: ReactNode;
}

export function ReviewBar({
  chat,
  selected,
  isExtending,
  onExtend,
  onClear,
  onSend,
  onSent,
  children,
}: Props) {
  const { comments } = useReview(chat);
  const [isListed, setListed] = useState(false);
  const { mutate, error, isPending } = useMutation({
    mutationFn: async (sent: readonly ReviewComment[]) => {
      await onSend(promptOf(sent));
      removeComments(chat, sent);
    },
    onSuccess: onSent,
  });
  if (selected !== null) {
    return (
      <section className="review-bar" aria-label="Selected lines">
        <span className="review-bar-text">{isExtending ? 'tap the last line' : lineNames(selected)}</span>
        <button type="button" className="button" aria-pressed={isExtending} onClick={onExtend}>
          to …
        </button>
        <button
          type="button"
          className="button primary"
          onClick={() => {
            beginComment(chat, selected);
            onClear();
          }}
        >
          Comment
        </button>
        <IconButton name="close" label="Select nothing" onClick={onClear} />
      </section>
    );
  }
  if (comments.length === 0 && children === undefined) return null;
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
              disabled={isPending}
              onClick={() => mutate(comments)}
            >
              Send to the agent
            </button>
          </span>
        )}
      </section>
      {isListed && <CommentList chat={chat} comments={comments} onClose={() => setListed(false)} />}
    </>
  );
}

/** "line 12", "lines 12–14". */
function lineNames({ lines }: Selected): string {
  const numbers = lines.map((line) => line.after ?? line.before ?? 0);
  const [first = 0] = numbers;
  const last = numbers.at(-1) ?? first;
  return lines.length === 1 ? `line ${first}` : `lines ${first}–${last}`;
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
