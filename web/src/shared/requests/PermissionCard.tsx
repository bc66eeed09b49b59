/** The agent asks whether it may do something. */
import { useState } from 'react';
import type { PendingPermission } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { alwaysAllowed, permitted } from './permission';
import { Refusal } from './Refusal';
import { useAnswer } from './useAnswer';
import { useTapGuard } from './useTapGuard';
import { What } from './What';

export function PermissionCard({ request, asker }: { request: PendingPermission; asker: string | null }) {
  const { answer, error, isBusy } = useAnswer(request.id);
  const [view, setView] = useState<'verdict' | 'refusal'>('verdict');
  const { isSettled, guard } = useTapGuard(`${request.id} ${view}`);
  const about = permitted(request.details, request.directory);
  const always = alwaysAllowed(request.details);
  return (
    <section className="card" aria-label="Permission" data-testid="permission" onClickCapture={guard}>
      <div className="card-head">
        <h2>{about.title}</h2>
        {asker !== null && <p className="dim">asked by {asker}</p>}
      </div>
      <What {...about} />
      {error && <Failure what="Not answered." error={error} />}
      {view === 'refusal' ? (
        <Refusal
          isDisabled={isBusy || !isSettled}
          onRefuse={(message) => answer({ reply: 'reject', message })}
          onBack={() => setView('verdict')}
        />
      ) : (
        <fieldset className="card-buttons" disabled={isBusy || !isSettled}>
          <button type="button" className="button primary wide" onClick={() => answer({ reply: 'once' })}>
            Allow once
          </button>
          {always.length > 0 && (
            <button type="button" className="button wide" onClick={() => answer({ reply: 'always' })}>
              <span className="card-always">
                Always allow{' '}
                {always.map((pattern) => (
                  <code key={pattern} className="pattern">
                    {pattern}
                  </code>
                ))}
                <span className="card-scope">in this working copy, until a restart</span>
              </span>
            </button>
          )}
          <div className="card-refuse">
            <button type="button" className="button danger" onClick={() => answer({ reply: 'reject' })}>
              Reject
            </button>
            <button type="button" className="button" onClick={() => setView('refusal')}>
              Say what instead
            </button>
          </div>
        </fieldset>
      )}
    </section>
  );
}
