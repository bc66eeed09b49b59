/** Who asks: null when it is the chat itself, else the subagent by the title of its work. */
import { useQuery } from '@tanstack/react-query';
import { opencode } from '@/shared/api/opencode';
import type { PendingRequest } from '@/shared/api/relay';

export function useAsker(request: PendingRequest): string | null {
  const isSubagent = request.session_id !== request.chat_id;
  const session = useQuery({
    queryKey: ['session', request.session_id],
    queryFn: ({ signal }) => opencode.session(request.session_id, signal),
    enabled: isSubagent,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!isSubagent) return null;
  return session.data ? `subagent “${session.data.title}”` : 'a subagent';
}
