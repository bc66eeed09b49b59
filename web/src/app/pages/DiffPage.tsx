/** `/chat/<session>/diff`: what a chat changed. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useLocation } from 'wouter';
import { FileDiffs } from '@/features/diff/FileDiffs';
import { useEvents } from '@/features/events/store';
import type { DiffMode } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import type { ChatView } from '@/shared/api/relay';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { plural } from '@/shared/format';
import { IconButton } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { TopBar } from '@/shared/ui/TopBar';
import { useShown } from './ChatPage';

const modes: readonly { mode: DiffMode; label: string }[] = [
  { mode: 'branch', label: 'whole branch' },
  { mode: 'git', label: 'not committed' },
];

export default function DiffPage({ id }: { id: string }) {
  const [, navigate] = useLocation();
  const [mode, setMode] = useState<DiffMode>('branch');
  const chat = useEvents((state) => state.chats[id]);
  useShown(id);
  const directory = chat?.directory ?? undefined;
  const query = mode === 'branch' ? queries.branchDiff(directory ?? '') : queries.workDiff(directory ?? '');
  const diff = useQuery({ ...query, enabled: directory !== undefined } as ReturnType<
    typeof queries.branchDiff
  >);
  const { error } = diff;
  const additions = diff.data?.reduce((sum, file) => sum + file.additions, 0) ?? 0;
  const deletions = diff.data?.reduce((sum, file) => sum + file.deletions, 0) ?? 0;
  return (
    <>
      <TopBar
        before={<IconButton name="back" label="Back to the chat" onClick={() => navigate(`/chat/${id}`)} />}
        title="Changes"
        sub={
          diff.data ? (
            <>
              {plural(diff.data.length, 'file')} <DiffCounts additions={additions} deletions={deletions} />
              {chat?.branch != null && ` ${chat.branch}`}
            </>
          ) : (
            (chat?.branch ?? '')
          )
        }
      />
      <fieldset className="segments" aria-label="Which changes">
        {modes.map((item) => (
          <button
            key={item.mode}
            type="button"
            aria-pressed={mode === item.mode}
            onClick={() => setMode(item.mode)}
          >
            {item.label}
          </button>
        ))}
      </fieldset>
      <main className="page-body">
        {error && (
          <Failure
            what="The changes could not be loaded."
            error={error}
            onRetry={() => void diff.refetch()}
          />
        )}
        {!diff.data && !error && <Loading what="loading the changes" />}
        {mode === 'branch' && chat && <ComparedWith chat={chat} />}
        {diff.data?.length === 0 && (
          <p className="dim pad">
            {mode === 'git' ? 'Everything is committed.' : 'Nothing was changed yet.'}
          </p>
        )}
        {diff.data && <FileDiffs files={diff.data} />}
      </main>
    </>
  );
}

/** opencode compares with the default branch, which is not where every chat began. */
function ComparedWith({ chat }: { chat: ChatView }) {
  const repos = useQuery(queries.repos());
  const trunk = repos.data?.find(({ name }) => name === chat.repo)?.default_branch ?? null;
  if (chat.base === null || trunk === null || trunk === chat.base) return null;
  return (
    <p className="notice warn">
      <span>
        Compared with {trunk}, so what {chat.base} (where this chat began) has beyond it is here too.
      </span>
    </p>
  );
}
