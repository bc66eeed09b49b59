/** `/chat/<session>`: a chat from its first second to its last. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { StatusWord } from '@/features/chats/StatusWord';
import { useEvents } from '@/features/events/store';
import { showChat } from '@/features/events/sync';
import { useOutbox } from '@/features/outbox/store';
import { opencode } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { chatTitle } from '@/shared/chatTitle';
import { RequestError } from '@/shared/http';
import { remember } from '@/shared/storage';
import { IconButton } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';
import { Conversation } from './Conversation';

const ChatSheet = lazy(() => import('../ChatSheet'));
const GoneChat = lazy(() => import('./GoneChat'));
const Transcript = lazy(() => import('@/features/transcript/Transcript'));

export function ChatPage({ id }: { id: string }) {
  const isOurs = useEvents((state) => id in state.chats);
  const isKnown = useEvents((state) => state.isKnown);
  const isBegun = useOutbox(({ items, accepted }) => [...items, ...accepted].some(({ chat }) => chat === id));
  // Until the stream has told of the chats it is taken for one: so it can be typed into at once.
  return isOurs || isBegun || !isKnown ? <Chat id={id} /> : <OtherSession id={id} />;
}

function Chat({ id }: { id: string }) {
  const [menu, setMenu] = useState(false);
  const chat = useEvents((state) => state.chats[id]);
  const first = useOutbox(({ items, accepted }) =>
    [...accepted, ...items].find((item) => item.chat === id && item.newChat !== null),
  );
  const repo = chat?.repo ?? first?.newChat?.repo ?? null;
  const title =
    chat || first ? chatTitle(chat?.title ?? null, chat?.prompts[0]?.text ?? first?.text) : 'Chat';
  useShown(id);
  useTitle(title);
  useEffect(() => {
    remember('chat', id);
    if (repo !== null) remember('repo', repo);
  }, [id, repo]);
  return (
    <>
      <TopBar
        before={<MenuButton />}
        title={title}
        sub={
          <>
            {chat && <StatusWord state={chat.state} />} {repo}
          </>
        }
        after={
          <>
            <NewChatButton repo={repo} />
            {chat && <IconButton name="dots" label="Chat menu" onClick={() => setMenu(true)} />}
          </>
        }
      />
      <Conversation id={id} chat={chat} repo={repo} isBegun={first !== undefined} />
      <Suspense>{menu && chat && <ChatSheet chat={chat} onClose={() => setMenu(false)} />}</Suspense>
    </>
  );
}

/** Says that this chat is being looked at, as long as it is. */
export function useShown(chat: string | null): void {
  useEffect(() => {
    showChat(chat);
    return () => showChat(null);
  }, [chat]);
}

/** Not one of the chats: a subagent's session, or one that is not there any more. */
function OtherSession({ id }: { id: string }) {
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
      {data && (
        <Suspense fallback={<Loading what="loading the conversation" />}>
          <Transcript session={id} directory={data.directory} />
        </Suspense>
      )}
      {session.error && (
        <main className="pad stack">
          {isUnknown ? (
            <Suspense>
              <GoneChat id={id} />
            </Suspense>
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

function NewChatButton({ repo }: { repo: string | null }) {
  const [, navigate] = useLocation();
  return (
    <IconButton
      name="plus"
      label="New chat"
      onClick={() => navigate(repo === null ? '/new' : `/new?repo=${encodeURIComponent(repo)}`)}
    />
  );
}
