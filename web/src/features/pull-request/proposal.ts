/** The words that a pull request is proposed with: what the commits say, until the model has thought of something. */
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/shared/api/queries';
import { propose } from '@/shared/api/shipping';
import { fromCommits } from './words';

/** As many commits as a list in a pull request can be read with. */
const most = 50;

export interface Proposal {
  words: { title: string; body: string };
  isThinking: boolean;
}

/** Where the model proposes nothing, the commits have said enough: nobody has to be told why. */
export function useProposal(chat: string): Proposal {
  const log = useQuery(queries.log(chat, most));
  const thought = useQuery({
    queryKey: ['proposal', chat, 'pull_request'],
    queryFn: ({ signal }) => propose(chat, 'pull_request', null, signal),
    // It costs a little, and holds for what the commits were when the sheet was opened.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    refetchOnWindowFocus: false,
  });
  return { words: thought.data ?? fromCommits(log.data?.commits ?? []), isThinking: thought.isFetching };
}
