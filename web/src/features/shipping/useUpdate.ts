/** Brings something into a chat's branch; whatever comes of it, where things are is asked for anew. */
import { useMutation } from '@tanstack/react-query';
import { type UpdateFrom, type UpdateHow, updateBranch } from '@/shared/api/shipping';
import { useRefresh } from '@/shared/git/useRefresh';

export function useUpdate(chat: string, from: UpdateFrom, onUpdated?: () => void) {
  const refresh = useRefresh(chat);
  return useMutation({
    mutationFn: (how: UpdateHow) => updateBranch(chat, how, from),
    onSuccess: async ({ result }) => {
      await refresh();
      // Conflicts are shown in its place; that there was nothing to do is said.
      if (result === 'updated') onUpdated?.();
    },
    onError: refresh,
  });
}
