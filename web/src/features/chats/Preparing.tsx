/** What the server does before a chat can be used: which step, how far, and what went wrong. */
import { useMutation } from '@tanstack/react-query';
import { admin, type Progress } from '@/shared/api/admin';
import type { ChatView } from '@/shared/api/relay';
import { bytes, count } from '@/shared/format';
import { Failure } from '@/shared/ui/Notice';

const steps: readonly { state: string; label: string }[] = [
  { state: 'queued', label: 'queued' },
  { state: 'cloning', label: 'clone the repository' },
  { state: 'fetching', label: 'fetch what is new' },
  { state: 'adding_worktree', label: 'make a working copy' },
  { state: 'creating_session', label: 'open opencode in it' },
];

export function Preparing({ chat }: { chat: ChatView }) {
  const failed = chat.state === 'failed';
  const state = chat.preparation?.state ?? 'queued';
  const progress = chat.preparation?.progress ?? null;
  const at = steps.findIndex((step) => step.state === state);
  return (
    <section
      className="preparing"
      aria-label="Preparing the chat"
      data-testid="preparing"
      data-state={failed ? 'failed' : state}
    >
      {failed ? (
        <Failed chat={chat} />
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
      {progress && !failed && <ProgressBar progress={progress} />}
      {!failed && <p className="dim">It goes on by itself: you can lock the phone.</p>}
    </section>
  );
}

function Failed({ chat }: { chat: ChatView }) {
  const retry = useMutation({ mutationFn: () => admin.retryChat(chat.id) });
  return (
    <>
      <p className="notice bad" role="alert">
        {chat.error?.detail ?? chat.error?.title ?? 'The chat could not be prepared.'}
      </p>
      {retry.error && <Failure what="Not tried again." error={retry.error} />}
      <button
        type="button"
        className="button primary wide"
        disabled={retry.isPending}
        onClick={() => retry.mutate()}
      >
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
