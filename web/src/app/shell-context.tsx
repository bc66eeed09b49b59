import { createContext, useContext } from 'react';
import { IconButton } from '@/shared/ui/Icon';

/** Opens the drawer. */
export const ShellContext = createContext<() => void>(() => undefined);

/** The button at the top left of every page; the drawer stays open on a wide screen, and the button goes. */
export function MenuButton() {
  return <IconButton name="menu" label="Chats" className="only-narrow" onClick={useContext(ShellContext)} />;
}
