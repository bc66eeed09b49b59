/** The session as opencode has it: what it took in all, and whether it is reverted. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEvents } from '@/features/events/store';
import type { Session } from '@/shared/api/opencode';
import { queries } from '@/shared/api/queries';

/** The newer of what was asked for and what the stream told since. */
export function useSession(id: string): Session | undefined {
  const told = useEvents((state) => state.sessions[id]);
  const { data } = useQuery(queries.session(id));
  if (!told || !data) return told ?? data;
  return told.time.updated >= data.time.updated ? told : data;
}

/** Takes in a session that was reverted or is no longer, and asks anew what its files are. */
export function useTakeReverted(): (session: Session) => void {
  const client = useQueryClient();
  return (session) => {
    client.setQueryData(queries.session(session.id).queryKey, session);
    for (const queryKey of [['worktree', session.id], ['git-stats']]) {
      void client.invalidateQueries({ queryKey });
    }
  };
}
