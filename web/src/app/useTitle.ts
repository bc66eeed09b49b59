/** What the browser shows of us outside the page: how many chats wait for their person or are done and not looked at. */
import { useEffect } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { countWaiting, documentTitle } from '@/features/chats/status';
import { useEvents } from '@/features/events/store';

export function useCounts() {
  return useEvents(useShallow((state) => countWaiting(state.chats)));
}

/** `what` is null on pages that have no name of their own. */
export function useTitle(what: string | null): void {
  const counts = useCounts();
  const title = documentTitle(what === null ? 'ocweb' : `${what} · ocweb`, counts);
  useEffect(() => {
    document.title = title;
  }, [title]);
}

/** The same on the icon of the installed app, where there is one. */
export function useAppBadge(): void {
  const { needsYou, unread } = useCounts();
  const count = needsYou + unread;
  const isKnown = useEvents((state) => state.isKnown);
  useEffect(() => {
    // Not in every browser. Until the chats are known, what was there stays.
    if (!('setAppBadge' in navigator) || !isKnown) return;
    // A browser that refuses (a page that is not installed) shows it in the title alone.
    const shown = count > 0 ? navigator.setAppBadge(count) : navigator.clearAppBadge();
    shown.catch(() => undefined);
  }, [count, isKnown]);
}
