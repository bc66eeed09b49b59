/** A pull request: where it is, its checks, and what can be done about it from here. */
import { type UseQueryResult, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  type Checks,
  github,
  githubQueries,
  isOpen,
  type PullRequest,
  type PullRequestChange,
} from '@/shared/api/github';
import { setBase } from '@/shared/api/shipping';
import { useRefresh } from '@/shared/git/useRefresh';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { CheckList } from './CheckList';
import { PullRequestForm, type Words } from './PullRequestForm';
import type { PullRequestProps } from './PullRequestRow';
import { failuresPrompt } from './prompts';
import { mergeWords, reviewWords } from './words';

interface Props extends PullRequestProps {
  pull: PullRequest;
  checks: UseQueryResult<Checks>;
  onClose: () => void;
}

export function PullRequestSheet(props: Props) {
  const [isEdited, setEdited] = useState(false);
  const { pull, onClose } = props;
  return (
    <Sheet title={`#${pull.number} ${pull.title}`} onClose={onClose}>
      {isEdited ? (
        <Editing {...props} onDone={() => setEdited(false)} />
      ) : (
        <Shown {...props} onEdit={() => setEdited(true)} />
      )}
    </Sheet>
  );
}

function Shown({ pull, checks, repo, onSend, onDelete, onClose, onEdit }: Props & { onEdit: () => void }) {
  const failed = checks.data?.checks.some(({ state }) => state === 'failed') ?? false;
  const send = useMutation({
    mutationFn: async () => {
      const prompt = failuresPrompt(pull, await github.failures(repo, pull.number));
      if (prompt !== null) await onSend(prompt);
      return prompt !== null;
    },
    onSuccess: (isSent) => (isSent ? onClose() : checks.refetch()),
  });
  const facts = [pull.state, mergeWords(pull), reviewWords(pull)].filter(Boolean).join(' · ');
  return (
    <>
      <div className="pad">
        <p data-testid="pull-facts">{facts}</p>
        <p className="dim">
          {pull.head.branch} → {pull.base}
        </p>
      </div>
      {isOpen(pull) && checks.isPending && <Loading what="loading the checks" />}
      {checks.error && (
        <Failure
          what="The checks are not known."
          error={checks.error}
          onRetry={() => void checks.refetch()}
        />
      )}
      {isOpen(pull) && checks.data && <CheckList checks={checks.data} />}
      <div className="pad pull-actions">
        {send.error && <Failure what="Not sent." error={send.error} />}
        {send.data === false && <p role="status">No check fails any more: nothing was sent.</p>}
        {isOpen(pull) && failed && (
          <button
            type="button"
            className="button primary wide"
            disabled={send.isPending}
            onClick={() => send.mutate()}
          >
            {send.isPending ? 'Reading what they say…' : 'Send failing checks to the agent'}
          </button>
        )}
        {isOpen(pull) && (
          <button type="button" className="button wide" onClick={onEdit}>
            Edit
          </button>
        )}
        {!isOpen(pull) && <CleanUp pull={pull} repo={repo} onDelete={onDelete} />}
        <a className="button wide" href={pull.url} target="_blank" rel="noreferrer">
          Show at GitHub ↗
        </a>
      </div>
    </>
  );
}

function Editing({ chat, pull, repo, branch, onDone }: Props & { onDone: () => void }) {
  const client = useQueryClient();
  const refresh = useRefresh(chat.id);
  // As it was when editing began: it is asked for again meanwhile.
  const [begun] = useState(pull);
  const { title, body, base } = begun;
  const [words, setWords] = useState<Words>({ title, body, base, draft: begun.state === 'draft' });
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () => {
      if (words.base !== base) await setBase(chat.id, words.base);
      return github.change(repo, begun.number, differences(begun, words));
    },
    onSuccess: (changed) => {
      client.setQueryData(githubQueries.pullRequest(repo, branch).queryKey, changed);
      onDone();
    },
    onSettled: refresh,
  });
  return (
    <PullRequestForm
      repo={repo}
      words={words}
      isBusy={isPending}
      submit={isPending ? 'Saving…' : 'Save'}
      onChange={(part) => setWords((before) => ({ ...before, ...part }))}
      onSubmit={() => mutate()}
    >
      {error && <Failure what="Not saved." error={error} />}
    </PullRequestForm>
  );
}

/** Only what was changed here: the rest may have been changed elsewhere meanwhile. */
function differences(begun: PullRequest, { title, body, base, draft }: Words): PullRequestChange {
  return {
    ...(title === begun.title ? {} : { title }),
    ...(body === begun.body ? {} : { body }),
    ...(base === begun.base ? {} : { base }),
    ...(draft === (begun.state === 'draft') ? {} : { draft }),
  };
}

/** After the end: what it leaves behind, here and at GitHub. */
function CleanUp({ pull, repo, onDelete }: { pull: PullRequest; repo: string; onDelete: () => void }) {
  const branch = useMutation({ mutationFn: () => github.deleteBranch(repo, pull.number) });
  const isMerged = pull.state === 'merged';
  const [isAsked, setAsked] = useState(false);
  return (
    <>
      {isMerged && (
        <button type="button" className="button primary wide" onClick={onDelete}>
          Delete this chat
        </button>
      )}
      {branch.error && <Failure what="The branch stays." error={branch.error} />}
      {isAsked && !branch.isSuccess && (
        <p className="notice warn">It was not merged: its commits may be nowhere else at GitHub.</p>
      )}
      <button
        type="button"
        className={isAsked ? 'button danger wide' : 'button wide'}
        disabled={branch.isPending || branch.isSuccess}
        onClick={() => (isMerged || isAsked ? branch.mutate() : setAsked(true))}
      >
        {branch.isSuccess
          ? 'The branch at GitHub is deleted'
          : isAsked
            ? 'Delete it all the same'
            : 'Delete the branch at GitHub'}
      </button>
    </>
  );
}
