import { createContext, useContext } from 'react';
import { IconButton } from '@/shared/ui/Icon';
import { InboxButton } from './InboxButton';
import { useCounts } from './useTitle';

/** Opens the drawer. */
export const ShellContext = createContext<() => void>(() => undefined);

/**
 * What is at the top left of every page: the way to the chats, with how many need their person and how many are done
 * and not looked at, and the way to what waits for an answer. The drawer stays open on a wide screen, and its button
 * goes.
 */
export function MenuButton() {
  const open = useContext(ShellContext);
  const counts = useCounts();
  const { needsYou, unread } = counts;
  return (
    <>
      <span className="menu-button only-narrow">
        <IconButton name="menu" label={['Chats', ...inWords(counts)].join(', ')} onClick={open} />
        <span className="menu-counts" aria-hidden="true">
          {needsYou > 0 && <span className="count-needs-you">{needsYou}?</span>}
          {unread > 0 && <span>{unread}●</span>}
        </span>
      </span>
      <InboxButton />
    </>
  );
}

function inWords({ needsYou, unread }: { needsYou: number; unread: number }): string[] {
  const words = [];
  if (needsYou > 0) words.push(needsYou === 1 ? '1 needs you' : `${needsYou} need you`);
  if (unread > 0) words.push(`${unread} unread`);
  return words;
}
