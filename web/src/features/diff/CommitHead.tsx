/** What a commit says of itself. */
import type { Commit } from '@/shared/api/git';
import { moment } from '@/shared/format';
import './log.css';

export function CommitHead({ commit }: { commit: Commit }) {
  return (
    <header className="commit-head" data-testid="commit-head">
      <h2>{commit.subject}</h2>
      <p className="sub">
        {commit.author_name} · {moment(Date.parse(commit.committed_at))} ·{' '}
        {commit.pushed ? 'pushed' : 'not pushed'}
      </p>
      {commit.body.trim() !== '' && <pre>{commit.body.trim()}</pre>}
    </header>
  );
}
