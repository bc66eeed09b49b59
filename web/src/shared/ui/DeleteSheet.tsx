/** Asks before something is deleted; when work would be lost, says which and asks again. */
import { type ReactNode, useState } from 'react';
import { explain, RequestError } from '@/shared/http';
import { Sheet } from './Sheet';

export function DeleteSheet({
  title,
  children,
  remove,
  onDeleted,
  onClose,
}: {
  title: string;
  /** What will be gone. */
  children: ReactNode;
  remove: (force: boolean) => Promise<unknown>;
  onDeleted: () => void;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const refused = error instanceof RequestError && error.status === 409;

  async function attempt(force: boolean) {
    setBusy(true);
    setError(null);
    try {
      await remove(force);
      onDeleted();
    } catch (thrown) {
      setError(thrown);
      setBusy(false);
    }
  }

  return (
    <Sheet title={title} onClose={onClose}>
      <div className="pad delete-sheet">
        <div>{children}</div>
        {error !== null && (
          <div className="notice bad" role="alert">
            <span>
              {refused ? 'Refused. ' : 'Not deleted. '}
              {explain(error)}
            </span>
          </div>
        )}
        <button type="button" className="button danger wide" disabled={busy} onClick={() => attempt(refused)}>
          {busy ? 'Deleting…' : refused ? 'Delete anyway' : 'Delete'}
        </button>
        <button type="button" className="button wide" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Sheet>
  );
}
