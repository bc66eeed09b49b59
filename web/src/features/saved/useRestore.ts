/** Brings saved work back, one after the other, and asks for everything anew that may look different then. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { useLocation } from 'wouter';
import { deleting, type SavedWork } from '@/shared/api/deleting';

export function useRestore(onRestored: () => void) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  // An attempt after one that failed goes on where that stopped.
  const restored = useRef(new Set<string>()).current;
  return useMutation({
    mutationFn: async (works: readonly SavedWork[]) => {
      // The clone that one makes, the next one needs.
      for (const { id } of works) {
        if (restored.has(id)) continue;
        await deleting.restore(id);
        restored.add(id);
      }
      return works;
    },
    onSuccess: ([only, ...others]) => {
      onRestored();
      if (only?.kind === 'chat' && others.length === 0) navigate(`/chat/${only.session_id}`);
    },
    // Also where only some came back.
    onSettled: () => void client.invalidateQueries(),
  });
}
