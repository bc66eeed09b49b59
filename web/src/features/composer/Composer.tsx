/** Where a task is typed. What is typed survives a reload, and stays until it is kept elsewhere. */
import { type KeyboardEvent, type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { explain } from '@/shared/http';
import { Icon } from '@/shared/ui/Icon';
import { hasFinePointer } from '@/shared/viewport';
import { removeSent, setDraft, useDraft } from './draft';
import './composer.css';

export interface ComposerProps {
  /** Names the draft: each chat has its own. */
  draft: string;
  placeholder: string;
  /** Keeps the text so that it is sent. When it rejects, the text stays and the reason is shown. */
  onSend: (text: string) => Promise<unknown>;
  /** Present while something runs that can be stopped. */
  onStop?: (() => Promise<unknown>) | undefined;
  /** Why sending is not possible now. */
  blocked?: string | undefined;
  /** Model, mode and the like. */
  children: ReactNode;
}

export function Composer({ draft, placeholder, onSend, onStop, blocked, children }: ComposerProps) {
  const text = useDraft(draft);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);

  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is what makes it grow.
  useLayoutEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }, [text]);

  const canSend = text.trim() !== '' && !busy && blocked === undefined;

  async function submit() {
    if (!canSend) return;
    setError(null);
    setBusy(true);
    try {
      await onSend(text.trim());
      removeSent(draft, text);
    } catch (thrown) {
      setError(`Not sent: ${explain(thrown)}`);
    } finally {
      setBusy(false);
    }
  }

  async function stop() {
    setError(null);
    try {
      await onStop?.();
    } catch (thrown) {
      setError(`Not stopped: ${explain(thrown)}`);
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key !== 'Enter' || event.shiftKey) return;
    // The Enter that ends a composition; Safari tells it by its code (229) alone.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    // On a phone Enter is a new line; with a mouse (or with Ctrl or ⌘) it sends.
    if (!hasFinePointer() && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    void submit();
  }

  return (
    <form
      className="composer"
      aria-label="Composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {error !== null && (
        <p className="notice bad" role="alert">
          {error}
        </p>
      )}
      {blocked !== undefined && <p className="composer-blocked">{blocked}</p>}
      <textarea
        ref={box}
        aria-label="Message"
        placeholder={placeholder}
        value={text}
        rows={1}
        enterKeyHint={hasFinePointer() ? 'send' : 'enter'}
        onChange={(event) => setDraft(draft, event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div className="composer-row">
        <div className="chips">{children}</div>
        {onStop && (
          <button type="button" className="round-button stop" aria-label="Stop" onClick={stop}>
            <Icon name="stop" size={20} />
          </button>
        )}
        {(!onStop || text.trim() !== '') && (
          <button type="submit" className="round-button send" aria-label="Send" disabled={!canSend}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}

/** A choice that is shown in the composer and opens a sheet. */
export function Chip({ label, value, onClick }: { label: string; value: string; onClick: () => void }) {
  return (
    <button type="button" className="chip" aria-label={`${label}: ${value}`} onClick={onClick}>
      <span>{value}</span>
      <Icon name="chevron" size={16} />
    </button>
  );
}
