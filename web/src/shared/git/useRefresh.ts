/** Asks again for all that git told of a chat, after something was done to it. */
import { useQueryClient } from '@tanstack/react-query';

export function useRefresh(chat: string): () => Promise<void> {
  const queryClient = useQueryClient();
  return async () => {
    void queryClient.invalidateQueries({ queryKey: ['git-stats'] });
    await queryClient.invalidateQueries({ queryKey: ['worktree', chat] });
  };
}
