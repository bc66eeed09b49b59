/** A commit: its message, which a model proposes and a person edits, and its files. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { queries } from '@/shared/api/queries';
import { commitChanges, shippingQueries } from '@/shared/api/shipping';
import { plural } from '@/shared/format';
import { hookPrompt } from '@/shared/git/hookPrompt';
import { explain } from '@/shared/http';
import { isOfKind, saidBy } from '@/shared/refusal';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Refused } from '@/shared/ui/Refused';
import { Sheet } from '@/shared/ui/Sheet';
import { CommitFiles } from './CommitFiles';
import { chosenPaths } from './chosen';
import { useMessage } from './useMessage';
import './shipping.css';

interface Props {
  chat: string;
  onHandOver: (prompt: string) => Promise<void>;
  onClose: () => void;
  /** Something was committed: what git told is old. */
  onDone: () => Promise<void>;
}

interface Manner {
  despite_agent?: boolean;
  skip_hooks?: boolean;
}

export function CommitSheet({ chat, onHandOver, onClose, onDone }: Props) {
  const diff = useQuery(queries.diff(chat, 'head'));
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const files = diff.data?.files ?? [];
  const paths = chosenPaths(files, left);
  const count = files.filter(({ path }) => !left.has(path)).length;
  const message = useMessage(chat, paths);
  const commit = useMutation({
    mutationFn: (manner: Manner) =>
      commitChanges(chat, {
        message: message.text,
        ...(paths === null ? {} : { files: paths }),
        ...manner,
      }),
    onSuccess: async () => {
      message.forget();
      await onDone();
      onClose();
    },
  });
  const handOver = useMutation({ mutationFn: onHandOver });
  // What was allowed for the last attempt is allowed for the next.
  const insist = (manner: Manner) => commit.mutate({ ...commit.variables, ...manner });
  const isReady = message.text.trim() !== '' && count > 0 && !commit.isPending;
  return (
    <Sheet title="Commit" onClose={onClose}>
      <form
        className="commit-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) commit.mutate({});
        }}
      >
        <textarea
          className="search"
          aria-label="Message of the commit"
          placeholder="What does this commit do?"
          rows={5}
          value={message.text}
          onChange={(event) => message.type(event.target.value)}
        />
        <Proposing message={message} />
        {commit.error && (
          <Refused what="Not committed." error={commit.error}>
            {isOfKind(commit.error, 'agent-at-work') && (
              <button type="button" className="button" onClick={() => insist({ despite_agent: true })}>
                Commit what is there now
              </button>
            )}
            {isOfKind(commit.error, 'commit-refused') && (
              <>
                <button type="button" className="button" onClick={() => insist({ skip_hooks: true })}>
                  Commit without hooks
                </button>
                <button
                  type="button"
                  className="button"
                  disabled={handOver.isPending}
                  onClick={() => handOver.mutate(hookPrompt('commit', saidBy(commit.error)))}
                >
                  Have the agent put it right
                </button>
              </>
            )}
          </Refused>
        )}
        {handOver.error && <Refused what="Not handed over." error={handOver.error} />}
        <button type="submit" className="button primary wide" disabled={!isReady}>
          {commit.isPending ? 'Committing…' : `Commit ${plural(count, 'file')}`}
        </button>
      </form>
      <Author />
      {diff.error && <Failure what="The changes could not be loaded." error={diff.error} />}
      {!diff.data && !diff.error && <Loading what="loading the changes" />}
      <CommitFiles files={files} left={left} onChange={setLeft} />
    </Sheet>
  );
}

/** How the proposal is; what was typed is never replaced unasked. */
function Proposing({ message }: { message: ReturnType<typeof useMessage> }) {
  if (message.isProposing) {
    return (
      <p className="dim commit-note" role="status">
        <span className="pulse" /> proposing a message…
      </p>
    );
  }
  return (
    <p className="dim commit-note">
      {message.problem !== null && <span role="status">{explain(message.problem)}</span>}
      <button type="button" className="button quiet" onClick={message.propose}>
        {message.hasOther ? 'Use the proposed message' : 'Propose a message'}
      </button>
    </p>
  );
}

/** Who the commit will be by. */
function Author() {
  const { data } = useQuery(shippingQueries.authorship());
  if (!data) return null;
  const author = data.author ?? data.default_author;
  return (
    <Link href="/settings/commits" className="row">
      <span className="grow sub">
        {author ? `by ${author.name} <${author.email}>` : 'by whom git’s configuration names'}
        {data.co_author != null && `, with ${data.co_author.name}`}
      </span>
    </Link>
  );
}
