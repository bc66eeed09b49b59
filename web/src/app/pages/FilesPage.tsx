/** `/chat/<session>/files`: the working copy of a chat, to browse, search, read and comment on. */
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useSearchParams } from 'wouter';
import { useEvents } from '@/features/events/store';
import { FileView } from '@/features/files/FileView';
import { Folder } from '@/features/files/Folder';
import { readLocation } from '@/features/files/location';
import { Path } from '@/features/files/Path';
import { Search } from '@/features/files/Search';
import { CommentNote } from '@/features/review/CommentNote';
import { useReview } from '@/features/review/store';
import { useLineSelection } from '@/features/review/useLineSelection';
import { queries } from '@/shared/api/queries';
import { splitPath } from '@/shared/git/addresses';
import { GitStat } from '@/shared/git/GitStat';
import type { ReviewComment } from '@/shared/review/comment';
import { useShown } from './ChatPage';
import { ReviewFooter } from './ReviewFooter';
import { WorktreeBar } from './WorktreeBar';

export default function FilesPage({ id }: { id: string }) {
  const [search, setSearch] = useSearchParams();
  const location = readLocation(search);
  const repo = useEvents((state) => state.chats[id]?.repo ?? null);
  const branch = useEvents((state) => state.chats[id]?.branch ?? null);
  useShown(id);
  const stat = useQuery(queries.gitStat(id));
  const { comments } = useReview(id);
  const selection = useLineSelection();
  const renderComment = useCallback(
    (comment: ReviewComment, isInPlace: boolean) => (
      <CommentNote key={comment.id} chat={id} comment={comment} isInPlace={isInPlace} />
    ),
    [id],
  );
  const path = <Path chat={id} root={repo?.split('/').pop() ?? 'files'} path={location.path} />;
  return (
    <>
      <WorktreeBar
        chat={id}
        page="files"
        title={location.kind === 'file' ? splitPath(location.path).name : 'Files'}
        sub={
          // The path above the lines scrolls away with them.
          location.kind === 'file' ? (
            splitPath(location.path).folder
          ) : (
            <>
              {stat.data && <GitStat stat={stat.data} />} {branch}
            </>
          )
        }
      />
      <main key={`${location.kind} ${location.path}`} className="page-body">
        {location.kind === 'file' ? (
          <>
            {path}
            <FileView
              chat={id}
              path={location.path}
              line={location.line}
              comments={comments}
              selected={selection.selected}
              onSelect={selection.select}
              renderComment={renderComment}
            />
          </>
        ) : (
          <Search
            chat={id}
            query={search.get('query') ?? ''}
            searchIn={search.get('in') === 'text' ? 'text' : 'names'}
            onChange={(query, searchIn) =>
              // In the address, so that it is there again when somebody comes back from what was found.
              setSearch(
                (before) => {
                  const after = new URLSearchParams(before);
                  after.set('query', query);
                  after.set('in', searchIn);
                  if (query === '') for (const name of ['query', 'in']) after.delete(name);
                  return after;
                },
                { replace: true },
              )
            }
          >
            {path}
            <Folder chat={id} path={location.path} />
          </Search>
        )}
      </main>
      <ReviewFooter chat={id} view="file" selection={selection} />
    </>
  );
}
