/** The agent asks whether it may do something. */
import { useState } from 'react';
import type { PendingPermission } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { useKeptAnswer } from './kept';
import { alwaysAllowed, permitted } from './permission';
import { Refusal } from './Refusal';
import { useAnswer } from './useAnswer';
import { useTapGuard } from './useTapGuard';
import { What } from './What';

export function PermissionCard({ request, asker }: { request: PendingPermission; asker: string | null }) {
  const { answer, error, isBusy } = useAnswer(request.id);
  const [{ view, words }, keep] = useKeptAnswer(request.id, readRefusing);
  const [isBegun, setBegun] = useState(false);
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
          hasFocus={isBegun}
          words={words}
          onWords={(changed) => keep({ view, words: changed })}
          onRefuse={(message) => answer({ reply: 'reject', message })}
          onBack={() => keep({ view: 'verdict', words })}
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
            <button
              type="button"
              className="button"
              onClick={() => {
                setBegun(true);
                keep({ view: 'refusal', words });
              }}
            >
              Say what instead
            </button>
          </div>
        </fieldset>
      )}
    </section>
  );
}

interface Refusing {
  view: 'verdict' | 'refusal';
  /** What the agent is to do instead. */
  words: string;
}

function readRefusing(kept: unknown): Refusing {
  const { view, words } = (kept ?? {}) as Partial<Record<keyof Refusing, unknown>>;
  return {
    view: view === 'refusal' ? 'refusal' : 'verdict',
    words: typeof words === 'string' ? words : '',
  };
}
