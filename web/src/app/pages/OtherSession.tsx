/** `/chat/<session>` that is not one of the chats: a subagent’s work, or one that is not there any more. */
import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { RunDock } from '@/features/prompts/RunDock';
import Transcript from '@/features/transcript/Transcript';
import { opencode } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { RequestError } from '@/shared/http';
import { IconButton } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';
import { NewChatButton, useShown } from './ChatPage';
import GoneChat from './GoneChat';

export default function OtherSession({ id }: { id: string }) {
  // It may have been here a moment ago.
  const session = useQuery({ ...queries.session(id), refetchOnMount: 'always' });
  const root = useQuery({
    queryKey: ['root', id],
    queryFn: ({ signal }) => rootOf(id, signal),
  });
  useShown(root.data ?? null);
  const isUnknown = session.error instanceof RequestError && session.error.status === 404;
  const data = isUnknown ? undefined : session.data;
  const parent = data?.parentID;
  return (
    <>
      <TopBar
        before={parent === undefined ? <MenuButton /> : <BackTo href={`/chat/${parent}`} />}
        title={data?.title ?? 'Chat'}
        {...(data ? { sub: parent === undefined ? data.directory : 'a subagent’s work' } : {})}
        after={data ? null : <NewChatButton repo={null} />}
      />
      {data && <Transcript session={id} directory={data.directory} />}
      {parent !== undefined && root.data !== undefined && <RunDock chat={root.data} />}
      {session.error && (
        <main className="pad stack">
          {isUnknown ? (
            <GoneChat id={id} />
          ) : (
            <Failure
              what="The chat could not be loaded."
              error={session.error}
              onRetry={() => void session.refetch()}
            />
          )}
        </main>
      )}
      {session.isPending && <Loading what="loading the chat" />}
    </>
  );
}

/** The chat that a subagent's session is part of. */
async function rootOf(id: string, signal: AbortSignal): Promise<string> {
  const session = await opencode.session(id, signal);
  return session.parentID === undefined ? id : rootOf(session.parentID, signal);
}

function BackTo({ href }: { href: string }) {
  const [, navigate] = useLocation();
  return <IconButton name="back" label="Back" onClick={() => navigate(href)} />;
}
