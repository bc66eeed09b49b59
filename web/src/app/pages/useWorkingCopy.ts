/** Where the work of a chat lies, for what needs the folder itself: also when there is none, any more or yet. */
import { useQuery } from '@tanstack/react-query';
import { useEvents } from '@/features/events/store';
import { queries } from '@/shared/api/queries';
import { RequestError } from '@/shared/http';

export type WorkingCopy =
  | { kind: 'there'; directory: string }
  | { kind: 'awaited'; what: string }
  | { kind: 'gone'; why: string }
  | { kind: 'unknown'; error: Error; ask: () => void };

export function useWorkingCopy(id: string): WorkingCopy {
  const chat = useEvents((state) => state.chats[id]);
  const isKnown = useEvents((state) => state.isKnown);
  const directory = chat?.directory ?? null;
  const isOurs = chat !== undefined && chat.repo !== null;
  const stat = useQuery({
    ...queries.gitStat(id),
    refetchOnMount: 'always',
    enabled: isOurs && directory !== null,
  });
  // Not one of the chats: a subagent's session, or one that was deleted.
  const session = useQuery({ ...queries.session(id), refetchOnMount: 'always', enabled: !chat && isKnown });

  if (isOurs && isMissing(stat.error)) return { kind: 'gone', why: 'The working copy of this chat is gone.' };
  if (directory !== null) return { kind: 'there', directory };
  if (chat?.preparation?.state === 'failed')
    return { kind: 'gone', why: 'This chat has no working copy: it could not be prepared.' };
  if (chat) return { kind: 'awaited', what: 'preparing the working copy' };
  if (isMissing(session.error)) return { kind: 'gone', why: 'This chat is not here any more.' };
  if (session.data) return { kind: 'there', directory: session.data.directory };
  if (session.error) return { kind: 'unknown', error: session.error, ask: () => void session.refetch() };
  return { kind: 'awaited', what: 'looking for the working copy' };
}

function isMissing(error: Error | null): boolean {
  return error instanceof RequestError && error.status === 404;
}
