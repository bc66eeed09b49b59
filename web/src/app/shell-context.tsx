import { createContext, useContext } from 'react';
import { IconButton } from '@/shared/ui/Icon';
import { InboxButton } from './InboxButton';
import { useCounts } from './useTitle';

/** Opens the drawer. */
export const ShellContext = createContext<() => void>(() => undefined);

/**
 * What is at the top left of every page: the way to the chats, with how many are done and not looked at, and the way to
 * what waits for an answer. The drawer stays open on a wide screen, and its button goes.
 */
export function MenuButton() {
  const open = useContext(ShellContext);
  const { unread } = useCounts();
  return (
    <>
      <span className="menu-button only-narrow">
        <IconButton name="menu" label={unread > 0 ? `Chats, ${unread} unread` : 'Chats'} onClick={open} />
        {unread > 0 && (
          <span className="badge menu-count" aria-hidden="true">
            {unread}
          </span>
        )}
      </span>
      <InboxButton />
    </>
  );
}
