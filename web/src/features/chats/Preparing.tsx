/** What the server does before a chat can be used: which step, how far, and what went wrong. */
import { useState } from 'react';
import { admin, type Chat, type ChatState, type Progress } from '@/shared/api/admin';
import { bytes, count } from '@/shared/format';
import { explain } from '@/shared/http';

const steps: readonly { state: ChatState; label: string }[] = [
  { state: 'queued', label: 'queued' },
  { state: 'cloning', label: 'clone the repository' },
  { state: 'fetching', label: 'fetch what is new' },
  { state: 'adding_worktree', label: 'make a working copy' },
  { state: 'creating_session', label: 'open opencode in it' },
  { state: 'sending_prompt', label: 'hand over the task' },
];

export function Preparing({ chat, onRetried }: { chat: Chat; onRetried: () => void }) {
  const failed = chat.state === 'failed';
  const at = steps.findIndex((step) => step.state === chat.state);
  return (
    <section
      className="preparing"
      aria-label="Preparing the chat"
      data-testid="preparing"
      data-state={chat.state}
    >
      {failed ? (
        <Failed chat={chat} onRetried={onRetried} />
      ) : (
        <ol className="steps" role="status">
          {steps.map((step, index) => (
            <li key={step.state} className={index === at ? 'current' : ''}>
              <span className="mark" aria-hidden="true">
                {index < at ? '✓' : index === at ? <span className="pulse" /> : '·'}
              </span>
              <span>{step.label}</span>
            </li>
          ))}
        </ol>
      )}
      {chat.progress && !failed && <ProgressBar progress={chat.progress} />}
      {!failed && <p className="dim">It goes on by itself: you can lock the phone.</p>}
    </section>
  );
}

function Failed({ chat, onRetried }: { chat: Chat; onRetried: () => void }) {
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  async function retry() {
    setBusy(true);
    setError(null);
    try {
      await admin.retryChat(chat.id);
      onRetried();
    } catch (thrown) {
      setError(explain(thrown));
    } finally {
      setBusy(false);
    }
  }
  return (
    <>
      <p className="notice bad" role="alert">
        {chat.error?.detail ?? chat.error?.title ?? 'The chat could not be prepared.'}
      </p>
      {error !== null && <p className="notice bad">{error}</p>}
      <button type="button" className="button primary wide" disabled={busy} onClick={retry}>
        Try again
      </button>
    </>
  );
}

export function ProgressBar({ progress }: { progress: Progress }) {
  const { phase, objects, total_objects, bytes: received, percent } = progress;
  const parts = [
    phase,
    objects !== null &&
      (total_objects ? `${count(objects)} of ${count(total_objects)} objects` : `${count(objects)} objects`),
    received !== null && received > 0 && bytes(received),
  ].filter(Boolean);
  return (
    <div>
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
      <p className="dim">{parts.join(' · ')}</p>
    </div>
  );
}
