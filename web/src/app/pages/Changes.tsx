/** What a chat changed so far, at the end of its conversation while nothing runs: one tap to the diff, the log, the files. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense } from 'react';
import { Link } from 'wouter';
import { queries } from '@/shared/api/queries';
import type { ChatView } from '@/shared/api/relay';
import { plural } from '@/shared/format';
import { diffAddress, filesAddress, logAddress } from '@/shared/git/addresses';
import { GitStat } from '@/shared/git/GitStat';
import './worktree.css';

const PullRequest = lazy(() => import('./PullRequest'));

export function Changes({ chat, isBusy }: { chat: ChatView; isBusy: boolean }) {
  const { data: stat } = useQuery({ ...queries.gitStat(chat.id), enabled: !isBusy });
  if (isBusy || !stat) return null;
  return (
    <nav className="changes" aria-label="Working copy">
      {(stat.files > 0 || stat.conflicts > 0) && (
        <Link href={diffAddress(chat.id)} className="button changes-pill" data-testid="changes">
          <span>
            {plural(stat.files, 'file')} changed <GitStat stat={stat} />
          </span>
          <span aria-hidden="true">›</span>
        </Link>
      )}
      <Link href={logAddress(chat.id)}>log</Link>
      <Link href={filesAddress(chat.id)}>files</Link>
      <Suspense>
        <PullRequest chat={chat} stat={stat} />
      </Suspense>
    </nav>
  );
}
