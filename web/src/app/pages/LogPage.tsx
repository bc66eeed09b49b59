/** `/chat/<session>/log`: the commits of a chat's branch. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Log } from '@/features/diff/Log';
import { useEvents } from '@/features/events/store';
import { queries } from '@/shared/api/queries';
import { diffAddress } from '@/shared/git/addresses';
import { GitStat } from '@/shared/git/GitStat';
import { Failure, Loading } from '@/shared/ui/Notice';
import { useShown } from './ChatPage';
import { WorktreeBar } from './WorktreeBar';

/** Commits that are asked for at first, and once more each time. */
const pageSize = 50;

export default function LogPage({ id }: { id: string }) {
  const [limit, setLimit] = useState(pageSize);
  const branch = useEvents((state) => state.chats[id]?.branch ?? null);
  useShown(id);
  const stat = useQuery(queries.gitStat(id));
  const log = useQuery({ ...queries.log(id, limit), placeholderData: keepPreviousData });
  const { data, error } = log;
  return (
    <>
      <WorktreeBar
        chat={id}
        page="log"
        title="Log"
        sub={
          <>
            {stat.data && <GitStat stat={stat.data} />} {branch}
          </>
        }
      />
      <main className="page-body">
        {error && (
          <Failure what="The log could not be loaded." error={error} onRetry={() => void log.refetch()} />
        )}
        {!data && !error && <Loading what="loading the log" />}
        {data?.commits.length === 0 && (
          <p className="dim pad">No commits yet{stat.data?.base ? ` since ${stat.data.base}` : ''}.</p>
        )}
        {data && <Log commits={data.commits} addressOf={(commit) => diffAddress(id, commit.id)} />}
        {data && !data.more && data.commits.length > 0 && stat.data?.base && (
          <p className="dim pad">begun at {stat.data.base}</p>
        )}
        {data?.shallow && !data.more && (
          <p className="dim pad">The clone was made without history: what was before is not here.</p>
        )}
        {data?.more && (
          <button
            type="button"
            className="row dim"
            disabled={log.isFetching}
            onClick={() => setLimit(limit + pageSize)}
          >
            older commits
          </button>
        )}
      </main>
    </>
  );
}
