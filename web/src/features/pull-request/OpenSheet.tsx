/** Opens a chat's pull request: what is not pushed is pushed first, and its words are proposed, to be changed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { github, githubQueries, isOpen, type PullRequest } from '@/shared/api/github';
import { pushBranch, setBase } from '@/shared/api/shipping';
import { plural } from '@/shared/format';
import { diffAddress } from '@/shared/git/addresses';
import { hookPrompt } from '@/shared/git/hookPrompt';
import { useRefresh } from '@/shared/git/useRefresh';
import { isOfKind, saidBy } from '@/shared/refusal';
import { Loading } from '@/shared/ui/Notice';
import { Refused } from '@/shared/ui/Refused';
import { Sheet } from '@/shared/ui/Sheet';
import { PullRequestForm, type Words } from './PullRequestForm';
import type { PullRequestProps } from './PullRequestRow';
import { useProposal } from './proposal';

interface Props extends PullRequestProps {
  onClose: () => void;
  onOpened: () => void;
}

export function OpenSheet({ chat, repo, branch, stat, onSend, onClose, onOpened }: Props) {
  const client = useQueryClient();
  const refresh = useRefresh(chat.id);
  const base = useBase(chat.base, repo);
  const proposal = useProposal(chat.id);
  // What was changed by hand stays, whatever is proposed later.
  const [changed, setChanged] = useState<Partial<Words>>({});
  const { title, body } = proposal.words;
  const words: Words = { title, body, base: base ?? '', draft: false, ...changed };
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () => {
      if (stat.remote == null || stat.remote.ahead > 0) await pushBranch(chat.id);
      if (words.base !== base) await setBase(chat.id, words.base);
      return open();
    },
    onSuccess: (pull) => {
      client.setQueryData(githubQueries.pullRequest(repo, branch).queryKey, pull);
      onOpened();
    },
    onSettled: refresh,
  });
  const handOver = useMutation({
    mutationFn: () => onSend(hookPrompt('push', saidBy(error))),
    onSuccess: onClose,
  });

  /** The one that is opened, or is there after all: GitHub may have made it though its answer never came. */
  async function open(): Promise<PullRequest> {
    try {
      return await github.open(repo, { ...words, head: branch });
    } catch (refusal) {
      const latest = { ...githubQueries.pullRequest(repo, branch), staleTime: 0 };
      const there = await client.fetchQuery(latest).catch(() => null);
      if (there && isOpen(there)) return there;
      throw refusal;
    }
  }

  return (
    <Sheet title="Open pull request" onClose={onClose}>
      {stat.uncommitted_files > 0 && (
        <p className="notice warn">{plural(stat.uncommitted_files, 'file')} not committed: no part of it.</p>
      )}
      {proposal.isThinking && <Loading what="the model proposes the words" />}
      <PullRequestForm
        repo={repo}
        words={words}
        isBusy={isPending}
        submit={isPending ? 'Opening…' : 'Open pull request'}
        onChange={(part) => setChanged((before) => ({ ...before, ...part }))}
        onSubmit={() => mutate()}
      >
        {error && (
          <Refused what="Not opened." error={error}>
            {isOfKind(error, 'push-diverged') && (
              <Link href={diffAddress(chat.id)} className="button">
                Show the changes
              </Link>
            )}
            {isOfKind(error, 'push-hook-refused') && (
              <button
                type="button"
                className="button"
                disabled={handOver.isPending}
                onClick={() => handOver.mutate()}
              >
                Have the agent put it right
              </button>
            )}
          </Refused>
        )}
        {handOver.error && <Refused what="Not handed over." error={handOver.error} />}
      </PullRequestForm>
    </Sheet>
  );
}

/** Where the chat's work belongs: the branch that it began at, or of a pull request's commits that one's base. */
function useBase(began: string | null, repo: string): string | null {
  const number = /^pull\/(\d+)\/head$/.exec(began ?? '')?.[1];
  const topic = useQuery({
    ...githubQueries.topic(`${repo}#${number ?? ''}`),
    enabled: number !== undefined,
  });
  return number === undefined ? began : (topic.data?.pull_request?.base ?? null);
}
