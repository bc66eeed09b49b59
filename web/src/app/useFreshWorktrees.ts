/** Asks again for what git told of a chat when its run ends: until then its agent may change any file. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { useEvents } from '@/features/events/store';
import type { ChatView } from '@/shared/api/relay';

export function useFreshWorktrees(): void {
  const queryClient = useQueryClient();
  useEffect(
    () =>
      useEvents.subscribe((state, before) => {
        if (state.chats === before.chats) return;
        // By its end, not by its state: a short run may begin and end in what is taken in at once.
        const endOf = (chat: ChatView | undefined) => chat?.run?.ended_at ?? null;
        const ended = Object.keys(before.chats).filter((id) => {
          const end = endOf(state.chats[id]);
          return end !== null && end !== endOf(before.chats[id]);
        });
        if (ended.length === 0) return;
        // A hidden page asks when it is looked at again.
        const refetchType = document.hidden ? 'none' : 'active';
        for (const queryKey of [['git-stats'], ...ended.map((id) => ['worktree', id])]) {
          void queryClient.invalidateQueries({ queryKey, refetchType });
        }
      }),
    [queryClient],
  );
}
