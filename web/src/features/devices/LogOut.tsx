/** Logs this device out. What would be lost by that is said first. */
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Decision } from '@/shared/ui/Decision';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';

export interface LogOutProps {
  /** What is on this device alone, each as a phrase. */
  unsent: readonly string[];
  onLogOut: () => Promise<void>;
}

export function LogOut({ unsent, onLogOut }: LogOutProps) {
  const [isAsked, setAsked] = useState(false);
  const { mutate, error, isPending, isSuccess } = useMutation({
    mutationFn: onLogOut,
    onError: () => setAsked(false),
  });
  const isBusy = isPending || isSuccess;
  return (
    <>
      {error && <Failure what="Not logged out." error={error} />}
      <button
        type="button"
        className="button danger wide"
        disabled={isBusy}
        onClick={() => (unsent.length > 0 ? setAsked(true) : mutate())}
      >
        {isBusy ? 'Logging out…' : 'Log out'}
      </button>
      {isAsked && (
        <Sheet title="Log out and lose this?" onClose={() => setAsked(false)}>
          <div className="pad stack">
            <p>Only this device has, and logging out removes it:</p>
            <ul>
              {unsent.map((phrase) => (
                <li key={phrase}>{phrase}</li>
              ))}
            </ul>
            <Decision
              verb="Log out and lose it"
              underWay="Logging out…"
              isBusy={isBusy}
              isDanger
              onDecide={mutate}
              onCancel={() => setAsked(false)}
              cancel="Stay"
            />
          </div>
        </Sheet>
      )}
    </>
  );
}
