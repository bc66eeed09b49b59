/** Fields that are saved together, and what came of it. */
import type { ReactNode } from 'react';
import type { SettingsChange } from '@/shared/api/notifier';
import { Failure } from '@/shared/ui/Notice';
import { useChange } from './settings';

export function SaveForm({
  label,
  change,
  canSave,
  action = 'Save',
  children,
}: {
  label: string;
  /** What saving changes, as the fields are now. */
  change: () => SettingsChange;
  canSave: boolean;
  action?: string;
  children: ReactNode;
}) {
  const { mutate, error, isPending } = useChange();
  return (
    <form
      className="pad stack"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        if (canSave) mutate(change());
      }}
    >
      {children}
      {error && <Failure what="Not saved." error={error} />}
      {(canSave || isPending) && (
        <button type="submit" className="button primary wide" disabled={isPending}>
          {isPending ? 'Saving…' : action}
        </button>
      )}
    </form>
  );
}
