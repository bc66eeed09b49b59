/** Asks before something is deleted; what speaks against it is shown in full, and only that can be overridden. */
import { type ReactNode, useState } from 'react';
import type { SavedWork, Terms } from '@/shared/api/deleting';
import { acceptance, type DeletionReason, isNew, isSaveable, reasonsOf, together } from '@/shared/deletion';
import { explain, RequestError } from '@/shared/http';
import { noteSaved } from '@/shared/justSaved';
import { Decision } from './Decision';
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
  /** Answers what was saved before. */
  remove: (terms: Terms) => Promise<readonly SavedWork[]>;
  onDeleted: () => void;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>(null);
  const [shown, setShown] = useState<readonly DeletionReason[]>([]);
  /** All that were shown before. */
  const [before, setBefore] = useState<readonly DeletionReason[]>([]);

  const isUnsaveable = failure instanceof RequestError && failure.kind === 'not-saved';

  async function attempt(isUnsaved: boolean) {
    setBusy(true);
    setFailure(null);
    try {
      noteSaved(await remove({ accepted: acceptance(together(before, shown)), isUnsaved }));
      onDeleted();
    } catch (thrown) {
      const reasons = reasonsOf(thrown);
      if (reasons === null) {
        setFailure(thrown);
      } else {
        setBefore(together(before, shown));
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
            {isUnsaveable ? explain(failure) : `Not deleted. ${explain(failure)}`}
          </div>
        )}
        <Decision
          verb={shown.length > 0 ? 'Delete anyway' : 'Delete'}
          underWay="Deleting…"
          isBusy={busy}
          isDanger
          onDecide={() => attempt(false)}
          onCancel={onClose}
        >
          {isUnsaveable && (
            <button
              type="button"
              className="button danger wide"
              disabled={busy}
              onClick={() => attempt(true)}
            >
              Delete without saving
            </button>
          )}
        </Decision>
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
        {reasons.some(isSaveable) && 'Deleted all the same, commits and files are saved first.'}
      </div>
    </div>
  );
}
