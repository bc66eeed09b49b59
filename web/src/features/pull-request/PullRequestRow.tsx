/** A chat's pull request as one quiet row, or the offer to open one. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { GitStat } from '@/shared/api/git';
import { githubQueries, isOpen, type PullRequest } from '@/shared/api/github';
import type { ChatView } from '@/shared/api/relay';
import { isOfKind } from '@/shared/refusal';
import { Failure } from '@/shared/ui/Notice';
import { OpenSheet } from './OpenSheet';
import { PullRequestSheet } from './PullRequestSheet';
import { isInTrouble, summary } from './words';
import './pull-request.css';

export interface PullRequestProps {
  chat: ChatView;
  repo: string;
  branch: string;
  /** How far the branch is. */
  stat: GitStat;
  /** Hands a prompt to the agent. */
  onSend: (text: string) => Promise<void>;
  /** Offers to delete the chat. */
  onDelete: () => void;
}

export function PullRequestRow(props: PullRequestProps) {
  const { repo, branch, stat } = props;
  const hasCommits = stat.ahead > 0;
  const found = useQuery(githubQueries.pullRequest(repo, branch));
  const pull = found.data ?? null;
  const checks = useQuery({
    ...githubQueries.checks(repo, pull?.number ?? 0),
    enabled: pull !== null && isOpen(pull),
  });
  const [sheet, setSheet] = useState<'open' | 'shown' | null>(null);
  const close = () => setSheet(null);
  if (found.error && pull === null) {
    // Nobody misses the pull request of a chat that has done nothing yet, or where there is no token to have one with.
    return hasCommits && !isOfKind(found.error, 'github-token-missing') ? (
      <Failure
        what="Its pull request is not known."
        error={found.error}
        onRetry={() => void found.refetch()}
      />
    ) : null;
  }
  const canOpen = found.data !== undefined && hasCommits && canFollow(pull, stat);
  return (
    <>
      {pull && (
        <button
          type="button"
          className="button changes-pill pull-row"
          data-testid="pull-request"
          data-state={pull.state}
          data-trouble={isInTrouble(pull, checks.data) || undefined}
          onClick={() => setSheet('shown')}
        >
          <span>{summary(pull, checks.data)}</span>
          <span aria-hidden="true">›</span>
        </button>
      )}
      {canOpen && (
        <button type="button" className="button changes-pill pull-row" onClick={() => setSheet('open')}>
          <span>Open pull request</span>
          <span aria-hidden="true">›</span>
        </button>
      )}
      {sheet === 'open' && <OpenSheet {...props} onClose={close} onOpened={() => setSheet('shown')} />}
      {sheet === 'shown' && pull && (
        <PullRequestSheet
          {...props}
          pull={pull}
          checks={checks}
          onClose={close}
          onDelete={() => {
            close();
            props.onDelete();
          }}
        />
      )}
    </>
  );
}

/** Whether another one can follow on the branch: once its last one is over; after a merge, with what was committed since. */
function canFollow(last: PullRequest | null, { head }: GitStat): boolean {
  if (last === null) return true;
  return last.state === 'merged' ? head !== last.head.commit : !isOpen(last);
}
