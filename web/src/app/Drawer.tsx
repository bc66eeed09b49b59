/** The chats and the ways to everything else; off the screen on a phone until it is wanted. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useRef } from 'react';
import { Link } from 'wouter';
import { ChatList } from '@/features/chats/ChatList';
import { isReady } from '@/features/chats/status';
import { useEvents } from '@/features/events/store';
import { Unsent } from '@/features/outbox/Unsent';
import { ownUiAddress } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';
import { IconButton } from '@/shared/ui/Icon';
import { InboxLink } from './InboxButton';

/** Not in every browser, and not yet in TypeScript's library. */
declare class CloseWatcher {
  onclose: (() => void) | null;
  destroy(): void;
}

interface DrawerProps {
  isOpen: boolean;
  current: string | null;
  onClose: () => void;
}

export function Drawer({ isOpen, current, onClose }: DrawerProps) {
  const panel = useRef<HTMLElement>(null);
  // Off the screen it must not be reached by keyboard either; on a wide screen it is always there.
  useEffect(() => {
    const wide = matchMedia('(min-width: 900px)');
    const apply = () => {
      if (panel.current) panel.current.inert = !isOpen && !wide.matches;
    };
    apply();
    wide.addEventListener('change', apply);
    return () => wide.removeEventListener('change', apply);
  }, [isOpen]);
  useEffect(() => {
    if (!isOpen) return;
    // Android's back gesture, and Escape; sheets have it from the browser.
    if ('CloseWatcher' in window) {
      const watcher = new CloseWatcher();
      watcher.onclose = onClose;
      return () => watcher.destroy();
    }
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') onClose();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [isOpen, onClose]);
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: Escape does the same. */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above. */}
      <div className={isOpen ? 'scrim shown' : 'scrim'} onClick={onClose} />
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
          <ChatList current={current} onChoose={onClose} />
        </div>
        <DrawerFoot current={current} onClose={onClose} />
      </aside>
    </>
  );
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
