/** How far something is that git does on the server. */
import type { Progress } from '@/shared/api/admin';
import { progressLines } from '@/shared/progress';

export function ProgressBar({ progress }: { progress: Progress }) {
  const percent = progress.total_objects > 0 ? progress.percent : null;
  return (
    <div data-testid="progress" data-phase={progress.phase}>
      <div
        className={percent === null ? 'bar unknown' : 'bar'}
        role="progressbar"
        aria-label="Progress"
        aria-valuenow={percent ?? undefined}
        aria-valuemin={0}
        aria-valuemax={100}
      >
        <span style={percent === null ? undefined : { transform: `scaleX(${percent / 100})` }} />
      </div>
      {progressLines(progress).map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
        <p key={index} className="dim progress-line">
          {line}
        </p>
      ))}
    </div>
  );
}
