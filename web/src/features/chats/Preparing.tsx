/** What the server does before a chat can be used: which step, how far, and what went wrong. */
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { admin } from '@/shared/api/admin';
import type { ChatView } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { ProgressBar } from '@/shared/ui/ProgressBar';

const steps: readonly { state: string; label: string }[] = [
  { state: 'queued', label: 'queued' },
  { state: 'cloning', label: 'clone the repository' },
  { state: 'fetching', label: 'fetch what is new' },
  { state: 'adding_worktree', label: 'make a working copy' },
  { state: 'setting_up', label: 'set it up' },
  { state: 'creating_session', label: 'open opencode in it' },
];

interface Props {
  chat: ChatView;
  /** Has the preparation ended, and what was typed given back. */
  onCancel: (chat: ChatView) => Promise<void>;
  children?: ReactNode;
}

export function Preparing({ chat, onCancel, children }: Props) {
  const cancel = useMutation({ mutationFn: () => onCancel(chat) });
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
      {children}
      {!failed && <p className="dim">It goes on by itself: you can lock the phone.</p>}
      {cancel.error && <Failure what="Not cancelled." error={cancel.error} />}
      {!failed && (
        <button
          type="button"
          className="button wide"
          disabled={cancel.isPending}
          onClick={() => cancel.mutate()}
        >
          Cancel
        </button>
      )}
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
