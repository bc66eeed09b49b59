/** The chats and the ways to everything else; off the screen on a phone until it is wanted. */
import { useQuery } from '@tanstack/react-query';
import { lazy, type ReactNode, type RefObject, Suspense, useCallback, useState } from 'react';
import { Link } from 'wouter';
import { ChatList } from '@/features/chats/ChatList';
import { isReady } from '@/features/chats/status';
import { useEvents } from '@/features/events/store';
import { Unsent } from '@/features/outbox/Unsent';
import { ownUiAddress } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { IconButton } from '@/shared/ui/Icon';
import { InboxLink } from './InboxButton';
import { useDrawerFocus } from './useDrawerFocus';

const ChatSheet = lazy(() => import('./ChatSheet'));

/** What is looked for only after the page is of use, in milliseconds. */
const later = 3_000;
const LostDrafts = lazy(async () => {
  await new Promise((done) => setTimeout(done, later));
  return import('./LostDrafts');
});

interface DrawerProps {
  panel: RefObject<HTMLElement | null>;
  scrim: RefObject<HTMLDivElement | null>;
  isOpen: boolean;
  current: string | null;
  onClose: () => void;
}

export function Drawer({ panel, scrim, isOpen, current, onClose }: DrawerProps) {
  useDrawerFocus(panel, isOpen, onClose);
  const [menu, setMenu] = useState<string | null>(null);
  const closeMenu = useCallback(() => setMenu(null), []);
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above. */}
      <div ref={scrim} className={isOpen ? 'scrim shown' : 'scrim'} onClick={onClose} />
      <aside ref={panel} className={isOpen ? 'drawer open' : 'drawer'} aria-label="Chats and pages">
        <div className="drawer-head">
          <Brand />
          <Link href="/new" className="button" onClick={onClose}>
            New chat
          </Link>
          <IconButton name="close" label="Close" className="only-narrow" onClick={onClose} />
        </div>
        <div className="drawer-body">
          <InboxLink onChoose={onClose} />
          <Unsent onChoose={onClose} />
          <Suspense>
            <LostDrafts onChoose={onClose} />
          </Suspense>
          <ChatList current={current} onChoose={onClose} onMenu={setMenu} />
        </div>
        <DrawerFoot current={current} onClose={onClose} />
      </aside>
      {menu !== null && <MenuOf chat={menu} onClose={closeMenu} />}
    </>
  );
}

/** A chat that is deleted elsewhere meanwhile takes its menu with it. */
function MenuOf({ chat: id, onClose }: { chat: string; onClose: () => void }) {
  const chat = useEvents((state) => state.chats[id]);
  return <Suspense>{chat && <ChatSheet chat={chat} onClose={onClose} />}</Suspense>;
}

function Brand() {
  const { data } = useQuery(queries.instance());
  return (
    <span className="brand">
      ocweb <span className="version">{data?.version}</span>
    </span>
  );
}

function DrawerFoot({ current, onClose }: { current: string | null; onClose: () => void }) {
  const { data } = useQuery(queries.instance());
  const chats = useEvents((state) => state.chats);
  const chat = chats[current ?? ''] ?? Object.values(chats).find(isReady);
  const item = (href: string, label: ReactNode) => (
    <Link href={href} onClick={onClose}>
      {label}
    </Link>
  );
  const opencode = `opencode ${data?.opencode_version ?? ''}`;
  return (
    <nav className="drawer-foot" aria-label="Pages">
      {item('/repos', 'repositories')}
      {item('/resources', 'resources')}
      {item('/settings', 'settings')}
      {chat && isReady(chat) && chat.directory !== null ? (
        <a href={ownUiAddress(chat.directory, chat.id)} target="_blank" rel="noreferrer">
          {opencode} ↗
        </a>
      ) : (
        <span className="dim">{opencode}</span>
      )}
    </nav>
  );
}
