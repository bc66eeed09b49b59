/** Asks before something is deleted; what speaks against it is shown in full, and only that can be overridden. */
import { type ReactNode, useState } from 'react';
import { acceptance, type DeletionReason, isNew, reasonsOf } from '@/shared/deletion';
import { explain } from '@/shared/http';
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
  /** `accepted`: the reasons that were shown, as the server wants them. */
  remove: (accepted: string) => Promise<unknown>;
  onDeleted: () => void;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [shown, setShown] = useState<readonly DeletionReason[]>([]);
  /** Those that were shown before. */
  const [before, setBefore] = useState<readonly DeletionReason[]>([]);

  async function attempt() {
    setBusy(true);
    setFailure(null);
    try {
      await remove(acceptance(shown));
      onDeleted();
    } catch (thrown) {
      const reasons = reasonsOf(thrown);
      if (reasons === null) {
        setFailure(thrown);
      } else {
        setBefore(shown);
        setShown(reasons);
      }
      setBusy(false);
    }
  }

  return (
    <Sheet title={title} onClose={onClose}>
      <div className="pad delete-sheet">
        <div>{children}</div>
        {shown.length > 0 && <Refusal reasons={shown} before={before} />}
        {failure !== null && (
          <div className="notice bad" role="alert">
            Not deleted. {explain(failure)}
          </div>
        )}
        <button type="button" className="button danger wide" disabled={busy} onClick={attempt}>
          {busy ? 'Deleting…' : shown.length > 0 ? 'Delete anyway' : 'Delete'}
        </button>
        <button type="button" className="button wide" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Sheet>
  );
}

function Refusal({
  reasons,
  before,
}: {
  reasons: readonly DeletionReason[];
  before: readonly DeletionReason[];
}) {
  const isAgain = before.length > 0;
  return (
    <div className="notice bad" role="alert">
      <div>
        {isAgain ? 'Refused again: something has changed.' : 'Refused.'}
        <ul className="delete-reasons">
          {reasons.map((reason) => (
            <li key={reason.kind} data-testid="delete-reason" data-kind={reason.kind}>
              {isAgain && isNew(reason, before) && <strong>new: </strong>}
              {reason.detail}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}
