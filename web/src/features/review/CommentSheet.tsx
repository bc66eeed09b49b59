/** Writes a comment on lines: kept as it is typed, so that nothing is lost when the phone ends the page. */

import { placeOf, quotation } from '@/shared/review/prompt';
import { Sheet } from '@/shared/ui/Sheet';
import { hasFinePointer } from '@/shared/viewport';
import { dropDraft, removeComments, saveDraft, useReview, write } from './store';
import './review.css';

export function CommentSheet({ chat }: { chat: string }) {
  const { comments, draft } = useReview(chat);
  if (draft === null) return null;
  const isNew = comments.every(({ id }) => id !== draft.id);
  const isEmpty = draft.text.trim() === '';
  return (
    // Closing it keeps what is written: taking away is said in words.
    <Sheet title={placeOf(draft)} onClose={() => saveDraft(chat)}>
      <form
        className="comment-form"
        onSubmit={(event) => {
          event.preventDefault();
          saveDraft(chat);
        }}
      >
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
        <pre className="comment-quoted" tabIndex={0}>
          {quotation(draft.lines)}
        </pre>
        <textarea
          className="search"
          aria-label="Comment"
          placeholder="What should be different?"
          rows={3}
          value={draft.text}
          // biome-ignore lint/a11y/noAutofocus: it was opened to be typed into.
          autoFocus
          onChange={(event) => write(chat, event.target.value)}
          onKeyDown={(event) => {
            const isSend =
              event.key === 'Enter' &&
              (event.ctrlKey || event.metaKey || (hasFinePointer() && !event.shiftKey));
            if (!isSend || event.nativeEvent.isComposing) return;
            event.preventDefault();
            saveDraft(chat);
          }}
        />
        <div className="comment-actions">
          {isNew ? (
            <button type="button" className="button" onClick={() => dropDraft(chat)}>
              Discard
            </button>
          ) : (
            <button type="button" className="button danger" onClick={() => removeComments(chat, [draft])}>
              Remove
            </button>
          )}
          <button type="submit" className="button primary" disabled={isEmpty}>
            {isNew ? 'Add comment' : 'Save'}
          </button>
        </div>
      </form>
    </Sheet>
  );
}
