/** `/chat/<session>`: a chat from its first second to its last. */
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import { Preparing } from '@/features/chats/Preparing';
import { chatTitle } from '@/features/chats/status';
import { useEvents } from '@/features/events/store';
import type { Chat } from '@/shared/api/admin';
import { opencode } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { RequestError } from '@/shared/http';
import { remember } from '@/shared/storage';
import { IconButton } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { TopBar } from '@/shared/ui/TopBar';
import '@/shared/ui/message.css';
import { MenuButton } from '../shell-context';
import { Conversation } from './Conversation';

const ChatMenu = lazy(() => import('@/features/chats/ChatMenu'));

export function ChatPage({ id }: { id: string }) {
  const chat = useQuery(queries.chat(id));
  const isUnknown = chat.error instanceof RequestError && chat.error.status === 404;
  // Not one of our chats: a subagent's session, or one that was made with opencode itself.
  const session = useQuery({
    queryKey: ['session', id],
    queryFn: ({ signal }) => opencode.session(id, signal),
    enabled: isUnknown,
  });

  if (chat.data) return <KnownChat chat={chat.data} onChanged={() => void chat.refetch()} />;
  if (session.data) {
    const parent = session.data.parentID;
    return (
      <>
        <TopBar
          before={parent === undefined ? <MenuButton /> : <BackTo href={`/chat/${parent}`} />}
          title={session.data.title}
          sub={parent === undefined ? session.data.directory : 'a subagent’s work'}
        />
        <Conversation id={id} directory={session.data.directory} isSubagent={parent !== undefined} />
      </>
    );
  }
  const error = isUnknown ? session.error : chat.error;
  return (
    <>
      <TopBar before={<MenuButton />} title="Chat" after={<NewChatButton repo={null} />} />
      {error ? (
        <main className="pad stack">
          {error instanceof RequestError && error.status === 404 ? (
            <Gone />
          ) : (
            <Failure what="The chat could not be loaded." error={error} onRetry={() => void chat.refetch()} />
          )}
        </main>
      ) : (
        <Loading what="loading the chat" />
      )}
    </>
  );
}

function Gone() {
  useEffect(() => remember('chat', null), []);
  return (
    <>
      <p>This chat is not here any more.</p>
      <Link href="/" className="button">
        Go on elsewhere
      </Link>
    </>
  );
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

function KnownChat({ chat, onChanged }: { chat: Chat; onChanged: () => void }) {
  const [menu, setMenu] = useState(false);
  const sessionTitle = useEvents((state) => state.sessions[chat.id]?.title);
  const isLoaded = useEvents((state) => state.transcripts[chat.id]?.loaded === true);
  const title = chatTitle(chat, sessionTitle);
  useEffect(() => {
    remember('chat', chat.id);
    remember('repo', chat.repo);
  }, [chat.id, chat.repo]);
  useEffect(() => {
    document.title = `${title} · ocweb`;
  }, [title]);

  // The conversation exists once the session does; until it is there, the steps stay on the screen.
  const isReady = chat.state === 'ready';
  return (
    <>
      <TopBar
        before={<MenuButton />}
        title={title}
        sub={chat.repo}
        after={
          <>
            <NewChatButton repo={chat.repo} />
            <IconButton name="dots" label="Chat menu" onClick={() => setMenu(true)} />
          </>
        }
      />
      {isReady ? (
        <Conversation id={chat.id} directory={chat.directory} isSubagent={false} />
      ) : (
        <main className="page-body">
          <div className="page-content inset">
            {chat.prompt !== null && chat.prompt !== '' && (
              <article className="message user" aria-label="You">
                <p>{chat.prompt}</p>
              </article>
            )}
            {!isLoaded && <Preparing chat={chat} onRetried={onChanged} />}
          </div>
        </main>
      )}
      <Suspense>{menu && <ChatMenu chat={chat} title={title} onClose={() => setMenu(false)} />}</Suspense>
    </>
  );
}
