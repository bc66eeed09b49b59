/** What can be done with the lines that are selected. */
import { longest, type QuotedLine, quote, type ReviewView } from '@/shared/review/comment';
import { IconButton } from '@/shared/ui/Icon';
import { beginComment } from './store';
import type { LineSelection } from './useLineSelection';

interface Props {
  chat: string;
  view: ReviewView;
  selection: LineSelection;
}

export function SelectionBar({ chat, view, selection }: Props) {
  const { selected, isExtending, extend, clear } = selection;
  if (selected === null) return null;
  const lines = quote(selected.lines, selected.span);
  return (
    <section className="review-bar" aria-label="Selected lines">
      <span className="review-bar-text" role="status">
        {isExtending ? 'tap the last line' : lineNames(lines)}
      </span>
      <button
        type="button"
        className="button"
        aria-label="Select up to another line"
        aria-pressed={isExtending}
        onClick={extend}
      >
        to …
      </button>
      <button
        type="button"
        className="button primary"
        onClick={() => {
          beginComment(chat, { path: selected.path, view, lines });
          clear();
        }}
      >
        Comment
      </button>
      <IconButton name="close" label="Select nothing" onClick={clear} />
    </section>
  );
}

/** "line 12", "lines 12–14". */
function lineNames(lines: readonly QuotedLine[]): string {
  const numbers = lines.map((line) => line.after ?? line.before ?? 0);
  const [first = 0] = numbers;
  const last = numbers.at(-1) ?? first;
  if (lines.length === 1) return `line ${first}`;
  const most = lines.length === longest.lines ? ', the most for a comment' : '';
  return `lines ${first}–${last}${most}`;
}
