/** `/chat/<session>/diff`: what a chat changed, to be read and commented on. `?against=head` or a commit's id narrows it. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useCallback, useMemo, useRef, useState } from 'react';
import { useSearchParams } from 'wouter';
import { CommitHead } from '@/features/diff/CommitHead';
import { FileDiffs } from '@/features/diff/FileDiffs';
import { FileTree } from '@/features/diff/FileTree';
import { jumpTo, step } from '@/features/diff/jump';
import { inTreeOrder } from '@/features/diff/tree';
import { useHeldPosition } from '@/features/diff/useHeldPosition';
import { useEvents } from '@/features/events/store';
import { CommentNote } from '@/features/review/CommentNote';
import { useReview } from '@/features/review/store';
import { useLineSelection } from '@/features/review/useLineSelection';
import type { Diff } from '@/shared/api/git';
import { queries } from '@/shared/api/queries';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { plural } from '@/shared/format';
import { filesAddress } from '@/shared/git/addresses';
import { isCommit, type ReviewComment } from '@/shared/review/comment';
import { IconButton } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { Tabs } from '@/shared/ui/Tabs';
import { useShown } from './ChatPage';
import { ReviewFooter } from './ReviewFooter';
import { WorktreeBar } from './WorktreeBar';

const NextStep = lazy(() => import('./NextStep'));

const views = [
  { value: 'base', label: 'all changes' },
  { value: 'head', label: 'not committed' },
] as const;

/** With more files than these there is a tree beside them, where there is room. */
const manyFiles = 8;

export default function DiffPage({ id }: { id: string }) {
  const [search, setSearch] = useSearchParams();
  const view = search.get('against') ?? 'base';
  const branch = useEvents((state) => state.chats[id]?.branch ?? null);
  useShown(id);
  const diff = useQuery(queries.diff(id, view));
  const { data, error } = diff;
  return (
    <>
      <WorktreeBar
        chat={id}
        page={isCommit(view) ? 'commit' : 'changes'}
        title={isCommit(view) ? 'Commit' : 'Changes'}
        sub={
          data ? <Summary diff={data} name={isCommit(view) ? view.slice(0, 8) : branch} /> : (branch ?? '')
        }
      />
      {!isCommit(view) && (
        <Tabs
          label="Which changes"
          tabs={views}
          chosen={view === 'head' ? 'head' : 'base'}
          onChoose={(value) => setSearch(value === 'base' ? {} : { against: value }, { replace: true })}
        />
      )}
      {error && (
        <Failure what="The changes could not be loaded." error={error} onRetry={() => void diff.refetch()} />
      )}
      {!data && !error && <Loading what="loading the changes" />}
      {data && <Changes key={view} chat={id} view={view} diff={data} />}
    </>
  );
}

function Summary({ diff: { files }, name }: { diff: Diff; name: string | null }) {
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return (
    <>
      {plural(files.length, 'file')} <DiffCounts additions={additions} deletions={deletions} /> {name}
    </>
  );
}

function Changes({ chat, view, diff }: { chat: string; view: string; diff: Diff }) {
  const scroller = useRef<HTMLElement>(null);
  const shown = useHeldPosition(scroller, diff);
  const files = useMemo(() => inTreeOrder(shown.files), [shown]);
  const { comments } = useReview(chat);
  const selection = useLineSelection();
  const [isTreeOpen, setTreeOpen] = useState(false);
  const renderComment = useCallback(
    (comment: ReviewComment, isInPlace: boolean) => (
      <CommentNote key={comment.id} chat={chat} comment={comment} isInPlace={isInPlace} />
    ),
    [chat],
  );
  const go = (direction: 1 | -1) => scroller.current && step(scroller.current, direction);
  const jump = (path: string) => {
    setTreeOpen(false);
    if (scroller.current) jumpTo(scroller.current, path);
  };
  return (
    <>
      <div className="diff-layout">
        {files.length > manyFiles && (
          <div className="diff-tree-column">
            <FileTree files={files} onChoose={jump} />
          </div>
        )}
        <main ref={scroller} className="page-body diff-scroller">
          {isCommit(view) && <Commit chat={chat} id={view} />}
          {shown.truncated && (
            <p className="notice warn">
              <span>So much was changed that not all of it is shown.</span>
            </p>
          )}
          {files.length === 0 && <p className="dim pad">{nothingChanged(view)}</p>}
          <FileDiffs
            chat={chat}
            files={files}
            view={view}
            comments={comments}
            selected={selection.selected}
            onSelect={selection.select}
            renderComment={renderComment}
            addressOf={(path) => filesAddress(chat, path)}
          />
        </main>
      </div>
      {!isCommit(view) && selection.selected === null && (
        <Suspense>
          <NextStep chat={chat} />
        </Suspense>
      )}
      <ReviewFooter chat={chat} view={view} selection={selection}>
        {files.length > 1 && (
          <>
            <button type="button" className="button quiet" onClick={() => setTreeOpen(true)}>
              {plural(files.length, 'file')}
            </button>
            <IconButton name="up" label="Previous file" onClick={() => go(-1)} />
            <IconButton name="down" label="Next file" onClick={() => go(1)} />
          </>
        )}
      </ReviewFooter>
      {isTreeOpen && (
        <Sheet title={plural(files.length, 'changed file')} onClose={() => setTreeOpen(false)}>
          <FileTree files={files} onChoose={jump} />
        </Sheet>
      )}
    </>
  );
}

function Commit({ chat, id }: { chat: string; id: string }) {
  const { data } = useQuery(queries.log(chat, 200));
  const commit = data?.commits.find((each) => each.id === id || id.startsWith(each.short_id));
  return commit ? <CommitHead commit={commit} /> : null;
}

function nothingChanged(view: string): string {
  if (isCommit(view)) return 'This commit changes no file.';
  return view === 'head' ? 'Everything is committed.' : 'Nothing was changed yet.';
}
