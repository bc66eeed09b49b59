/** Says what failed, and offers to try again: a failure never looks like an empty list. */
import { explain } from '@/shared/http';

export function Failure({ what, error, onRetry }: { what: string; error: unknown; onRetry?: () => void }) {
  return (
    <div className="notice bad" role="alert">
      <span>
        {what} {explain(error)}
      </span>
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          Retry
        </button>
      )}
    </div>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p className="dim pad" role="status">
      <span className="pulse" /> {what}
    </p>
  );
}
