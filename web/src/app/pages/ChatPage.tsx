/** `/chat/<session>`: a chat from its first second to its last. */
import { lazy, Suspense, useEffect, useState } from 'react';
import { useLocation } from 'wouter';
import { StatusWord } from '@/features/chats/StatusWord';
import { useEvents } from '@/features/events/store';
import { showChat } from '@/features/events/sync';
import { useOutbox } from '@/features/outbox/store';
import { chatTitle } from '@/shared/chatTitle';
import { remember } from '@/shared/storage';
import { IconButton } from '@/shared/ui/Icon';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';
import { Conversation } from './Conversation';

const ChatSheet = lazy(() => import('../ChatSheet'));
const OtherSession = lazy(() => import('./OtherSession'));

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

export function NewChatButton({ repo }: { repo: string | null }) {
  const [, navigate] = useLocation();
  return (
    <IconButton
      name="plus"
      label="New chat"
      onClick={() => navigate(repo === null ? '/new' : `/new?repo=${encodeURIComponent(repo)}`)}
    />
  );
}
