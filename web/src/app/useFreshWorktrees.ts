/** Asks again for what git told of a chat when its run ends: until then its agent may change any file. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { isRunning } from '@/features/events/state';
import { useEvents } from '@/features/events/store';

export function useFreshWorktrees(): void {
  const queryClient = useQueryClient();
  useEffect(
    () =>
      useEvents.subscribe((state, before) => {
        if (state.chats === before.chats) return;
        const ended = Object.keys(before.chats).filter(
          (id) => isRunning(before.chats[id]) && !isRunning(state.chats[id]),
        );
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
