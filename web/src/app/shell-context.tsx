import { createContext, useContext } from 'react';
import { IconButton } from '@/shared/ui/Icon';
import { InboxButton } from './InboxButton';

/** Opens the drawer. */
export const ShellContext = createContext<() => void>(() => undefined);

/**
 * What is at the top left of every page: the way to the chats, and to what waits for an answer. The drawer stays open on
 * a wide screen, and its button goes.
 */
export function MenuButton() {
  const open = useContext(ShellContext);
  return (
    <>
      <IconButton name="menu" label="Chats" className="only-narrow" onClick={open} />
      <InboxButton />
    </>
  );
}
