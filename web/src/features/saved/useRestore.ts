/** Brings saved work back, one after the other, and asks for everything anew that may look different then. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { deleting, type SavedWork } from '@/shared/api/deleting';

export function useRestore(onRestored: () => void) {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  return useMutation({
    mutationFn: async (works: readonly SavedWork[]) => {
      // The clone that one makes, the next one needs.
      for (const { id } of works) await deleting.restore(id);
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
