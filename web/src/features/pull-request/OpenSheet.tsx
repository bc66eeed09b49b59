/** Opens a chat's pull request: its branch is pushed first, and its words are proposed, to be changed. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { github, githubQueries } from '@/shared/api/github';
import { pushBranch } from '@/shared/api/shipping';
import { plural } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { PullRequestForm, type Words } from './PullRequestForm';
import type { PullRequestProps } from './PullRequestRow';
import { useProposal } from './proposal';

interface Props extends PullRequestProps {
  onClose: () => void;
  onOpened: () => void;
}

export function OpenSheet({ chat, repo, branch, stat, onClose, onOpened }: Props) {
  const client = useQueryClient();
  const base = useBase(chat.base, repo);
  const proposal = useProposal(chat.id);
  // What was changed by hand stays, whatever is proposed later.
  const [changed, setChanged] = useState<Partial<Words>>({});
  const { title, body } = proposal.words;
  const words: Words = { title, body, base: base ?? '', draft: false, ...changed };
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () => {
      if (stat.head !== stat.remote?.commit) await pushBranch(chat.id);
      return github.open(repo, { ...words, head: branch });
    },
    onSuccess: (pull) => {
      client.setQueryData(githubQueries.pullRequest(repo, branch).queryKey, pull);
      void client.invalidateQueries({ queryKey: ['worktree', chat.id] });
      onOpened();
    },
  });
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
        onChange={setChanged}
        onSubmit={() => mutate()}
      >
        {error && <Failure what="Not opened." error={error} />}
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
