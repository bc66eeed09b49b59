/** The commits of a chat's branch, the newest first. */
import { Link } from 'wouter';
import type { Commit } from '@/shared/api/git';
import { age } from '@/shared/format';
import './log.css';

interface Props {
  commits: readonly Commit[];
  addressOf: (commit: Commit) => string;
}

export function Log({ commits, addressOf }: Props) {
  const now = Date.now();
  return (
    <ol className="log">
      {commits.map((commit) => (
        <li key={commit.id}>
          <Link className="row" href={addressOf(commit)} data-testid="commit">
            <span className="grow">
              {commit.subject}
              <span className="sub block-line">
                <span className={commit.pushed ? '' : 'log-unpushed'}>
                  {commit.pushed ? 'pushed' : 'not pushed'}
                </span>{' '}
                · {commit.author_name} · {age(now - Date.parse(commit.committed_at))} · {commit.short_id}
              </span>
            </span>
          </Link>
        </li>
      ))}
    </ol>
  );
}
