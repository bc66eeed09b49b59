/** The browser's title: what is shown, after how many chats wait for their person or are done and not looked at. */
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
