/** One file of the working copy: its lines, or its picture. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { Link } from 'wouter';
import { rawAddress, type WorktreeFile } from '@/shared/api/git';
import { queries } from '@/shared/api/queries';
import { DiffLines } from '@/shared/diff/DiffLines';
import type { DiffLine } from '@/shared/diff/patch';
import type { LineSpan } from '@/shared/diff/selection';
import { bytes, count } from '@/shared/format';
import { filesAddress } from '@/shared/git/addresses';
import type { ReviewComment, SelectedLines } from '@/shared/review/comment';
import { placeComments } from '@/shared/review/placed';
import { CopyButton } from '@/shared/ui/CopyButton';
import { Failure, Loading } from '@/shared/ui/Notice';
import { isPicture } from './location';
import './files.css';

interface Props {
  chat: string;
  path: string;
  /** The line to show. */
  line: number | null;
  comments: readonly ReviewComment[];
  selected: SelectedLines | null;
  onSelect: (selected: SelectedLines, isDone: boolean) => void;
  renderComment: (comment: ReviewComment, isInPlace: boolean) => ReactNode;
}

export function FileView(props: Props) {
  const { chat, path } = props;
  const file = useQuery(queries.file(chat, path));
  const { data, error } = file;
  return (
    <>
      <div className="file-head">
        <span className="file-note">
          {data ? bytes(data.size_bytes) : ''}
          {data?.text != null && !data.truncated && ` · ${count(linesOf(data.text).length)} lines`}
        </span>
        <a className="text-link" href={rawAddress(chat, path)} download>
          download
        </a>
        <CopyButton text={path} label="Copy path" />
      </div>
      {error && (
        <>
          <Failure what="The file could not be read." error={error} onRetry={() => void file.refetch()} />
          <Link className="row" href={filesAddress(chat, `${path}/`)}>
            Look whether it is a folder
          </Link>
        </>
      )}
      {!data && !error && <Loading what="reading the file" />}
      {data && isPicture(path) && <Picture chat={chat} file={data} />}
      {data?.text != null && data.text !== '' && <Lines {...props} text={data.text} />}
      {data && <Rest file={data} />}
    </>
  );
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n');
}

/** What is not shown, and why. */
function Rest({ file: { path, size_bytes, binary, text, truncated } }: { file: WorktreeFile }) {
  if (size_bytes === 0) return <p className="dim pad">An empty file.</p>;
  if (binary && !isPicture(path)) return <p className="dim pad">A binary file of {bytes(size_bytes)}.</p>;
  if (!truncated) return null;
  return (
    <p className="notice warn">
      <span>
        {text === null ? 'The file is too large to show' : 'Only the beginning of the file is shown'}: it has{' '}
        {bytes(size_bytes)}. “Download” gives all of it.
      </span>
    </p>
  );
}

function Picture({ chat, file: { path } }: { chat: string; file: WorktreeFile }) {
  const [isBroken, setBroken] = useState(false);
  if (isBroken) return <p className="dim pad">The picture cannot be shown.</p>;
  return (
    <img className="file-picture" src={rawAddress(chat, path)} alt={path} onError={() => setBroken(true)} />
  );
}

function Lines({ path, line, text, comments, selected, onSelect, renderComment }: Props & { text: string }) {
  const box = useRef<HTMLDivElement>(null);
  const lines = useMemo<DiffLine[]>(
    () =>
      linesOf(text).map((each, index) => ({ kind: 'same', before: index + 1, after: index + 1, text: each })),
    [text],
  );
  const placed = useMemo(() => placeComments(comments, path, lines, 'file'), [comments, path, lines]);
  const below = useCallback(
    (index: number) => placed.below.get(index)?.map((comment) => renderComment(comment, true)),
    [placed, renderComment],
  );
  const select = useCallback(
    (span: LineSpan, isDone: boolean) => onSelect({ path, lines, span }, isDone),
    [path, lines, onSelect],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: when another place is asked for, and never while it is read.
  useEffect(() => {
    if (line === null || !box.current) return;
    // Most lines are not drawn yet, but each has its height.
    const index = Math.min(line, lines.length) - 1;
    const height = box.current.getBoundingClientRect().height / lines.length;
    const scroller = box.current.closest('.page-body');
    scroller?.scrollBy(0, index * height - scroller.clientHeight / 3);
  }, [path, line]);
  const isMine = selected?.lines === lines;
  const asked = line === null || line > lines.length ? null : { first: line - 1, last: line - 1 };
  return (
    <div ref={box} className="file-lines" data-testid="file-lines">
      {placed.outdated.map((comment) => renderComment(comment, false))}
      <DiffLines
        lines={lines}
        label={path}
        selected={isMine ? selected.span : asked}
        onSelect={select}
        below={below}
      />
    </div>
  );
}
