/** How far a chat's working copy is from its base, in one short line: "+12 −3 ↑2 ↓1", "clean", "2 conflicts". */
import type { GitStat as Stat } from '@/shared/api/git';
import { statParts } from './stat';
import './git-stat.css';

export function GitStat({ stat }: { stat: Stat }) {
  const parts = statParts(stat);
  return (
    <span className="git-stat" data-testid="git-stat" data-state={stat.state}>
      {parts.map(({ kind, short, words }, index) => (
        <span key={kind} className={kind}>
          {index > 0 && ' '}
          <span aria-hidden="true">{short}</span>
          <span className="visually-hidden">
            {words}
            {index < parts.length - 1 && ', '}
          </span>
        </span>
      ))}
    </span>
  );
}
