/** What changed in one file: its head stays in sight while its lines are read. */
import { type ReactNode, useCallback, useMemo, useRef } from 'react';
import { Link } from 'wouter';
import type { FileChange } from '@/shared/api/git';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { DiffLines } from '@/shared/diff/DiffLines';
import { type DiffLine, parsePatch } from '@/shared/diff/patch';
import type { LineSpan } from '@/shared/diff/selection';
import { count } from '@/shared/format';
import { splitPath } from '@/shared/git/addresses';
import type { ReviewComment, ReviewView, SelectedLines } from '@/shared/review/comment';
import { placeComments } from '@/shared/review/placed';
import { statusWords } from './status';
import { useNear } from './useNear';

/** Longer ones begin folded: a lock file of ten thousand lines would stand in the way of all others. */
const longest = 2_000;

export interface FileDiffProps {
  file: FileChange;
  view: ReviewView;
  comments: readonly ReviewComment[];
  selected: SelectedLines | null;
  /** Undefined until somebody folds or unfolds it. */
  isOpen: boolean | undefined;
  onOpen: (path: string, open: boolean) => void;
  onSelect: (selected: SelectedLines, isDone: boolean) => void;
  /** With the comment's id as its key. */
  renderComment: (comment: ReviewComment, isInPlace: boolean) => ReactNode;
  /** The address of the file itself. */
  address: string;
}

export function FileDiff(props: FileDiffProps) {
  const { file, isOpen = file.additions + file.deletions <= longest, onOpen } = props;
  const { folder, name } = splitPath(file.path);
  return (
    <section className="file-diff" aria-label={file.path} data-path={file.path} data-status={file.status}>
      <div className="file-diff-head">
        <button
          type="button"
          className="file-diff-fold"
          aria-expanded={isOpen}
          onClick={() => onOpen(file.path, !isOpen)}
        >
          <span className="file-diff-path">
            <span className="file-diff-folder">{folder}</span>
            <span className="file-diff-name">{name}</span>
          </span>
          <span className={`file-diff-status ${file.status}`}>
            {file.additions + file.deletions > 0 && (
              <DiffCounts additions={file.additions} deletions={file.deletions} />
            )}{' '}
            {statusWords(file)}
          </span>
        </button>
        {file.status !== 'deleted' && (
          <Link className="file-diff-view" href={props.address} aria-label={`View ${file.path}`}>
            view
          </Link>
        )}
      </div>
      {isOpen && <Body {...props} />}
    </section>
  );
}

function Body({ file, view, comments, selected, onSelect, renderComment, address }: FileDiffProps) {
  const { path, patch } = file;
  const box = useRef<HTMLDivElement>(null);
  const isNear = useNear(box);
  const lines = useMemo(() => parsePatch(patch ?? ''), [patch]);
  const placed = useMemo(() => placeComments(comments, path, lines, view), [comments, path, lines, view]);
  const below = useCallback(
    (index: number) => placed.below.get(index)?.map((comment) => renderComment(comment, true)),
    [placed, renderComment],
  );
  const select = useCallback(
    (span: LineSpan, isDone: boolean) => onSelect({ path, lines, span }, isDone),
    [path, lines, onSelect],
  );
  return (
    <div ref={box} style={isNear ? undefined : { height: placeHeight(lines) }}>
      {isNear && (
        <>
          {placed.outdated.map((comment) => renderComment(comment, false))}
          {lines.length > 0 ? (
            <DiffLines
              lines={lines}
              label={path}
              selected={selected?.lines === lines ? selected.span : null}
              onSelect={select}
              below={below}
            />
          ) : (
            !file.truncated && <p className="dim pad">{nothingToShow(file)}</p>
          )}
          {file.truncated && (
            <p className="file-diff-cut">
              {lines.length > 0
                ? `Too much to show: these are the first ${count(lines.length)} lines.`
                : 'Too much to show here.'}{' '}
              {file.status !== 'deleted' && <Link href={address}>View the file</Link>}
            </p>
          )}
        </>
      )}
    </div>
  );
}

/** What the lines will take, so that nothing moves when they are drawn. */
function placeHeight(lines: readonly DiffLine[]): string {
  return `calc(${lines.length} * 1.45 * var(--size-small) + 8px)`;
}

function nothingToShow({ binary, status }: FileChange): string {
  if (binary) return 'A binary file: there are no lines to compare.';
  if (status === 'renamed') return 'Renamed, and not changed otherwise.';
  return 'No lines: the file is empty, or only its mode was changed.';
}
