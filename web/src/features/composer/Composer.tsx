/** Where a task is typed. What is typed and attached survives a reload, and stays until it is kept elsewhere. */
import {
  type ClipboardEvent,
  type KeyboardEvent,
  lazy,
  type ReactNode,
  Suspense,
  useRef,
  useState,
} from 'react';
import type { FileContent } from '@/shared/files';
import { explain } from '@/shared/http';
import { Icon } from '@/shared/ui/Icon';
import { hasFinePointer } from '@/shared/viewport';
import { AttachButton } from './AttachButton';
import { detach } from './attachments';
import { draftText, removeSent, setDraft, useDraft } from './draft';
import type { KeyTaker, Suggestion } from './Suggestions';
import { replaceToken, tokenAt } from './token';
import { useAttaching } from './useAttaching';
import { useBox } from './useBox';
import { useDropped } from './useDropped';
import { useNames } from './useNames';
import { isShell, type Meaning, meaningOf } from './written';
import './composer.css';

const Attachments = lazy(() => import('./Attachments'));
const PictureWarning = lazy(() => import('./PictureWarning'));
const Suggestions = lazy(() => import('./Suggestions'));

/** What is sent. */
export interface Message extends Meaning {
  files: readonly FileContent[];
}

export interface ComposerProps {
  /** Names the draft: each chat has its own. */
  draft: string;
  placeholder: string;
  /** Whose commands and agents there are; opencode's own where it is not known. */
  directory: string | undefined;
  /** Whose commands are remembered; null where it is of none. */
  repo: string | null;
  /** The chat whose files can be mentioned; null while it has no working copy. */
  chat: string | null;
  /** The chosen model, `provider/model`. */
  model: string | null;
  /** Keeps the message so that it is sent. When it rejects, everything stays and the reason is shown. */
  onSend: (message: Message) => Promise<unknown>;
  /** Present while something runs that can be stopped. */
  onStop?: (() => Promise<unknown>) | undefined;
  /** Why sending is not possible now. */
  blocked?: string | undefined;
  /** What was said last, for ArrowUp in an empty box. */
  recall?: (() => Promise<string | null>) | undefined;
  /** Model, mode and the like. */
  children: ReactNode;
}

const listId = 'suggestions';

export function Composer(props: ComposerProps) {
  const { draft, placeholder, directory, repo, chat, model, onSend, onStop, blocked, recall, children } =
    props;
  const text = useDraft(draft);
  const box = useBox(text);
  const attaching = useAttaching(draft);
  const names = useNames(text, directory, repo);
  const picked = useRef<string[]>([]);
  const keys = useRef<KeyTaker | null>(null);
  const isSending = useRef(false);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const [activeRow, setActiveRow] = useState<string | null>(null);
  useDropped(attaching.add);

  const { files, reading } = attaching;
  const found = tokenAt(text, box.caret);
  const token = found?.start === dismissed ? null : found;
  const isEmpty = text.trim() === '' && files.length === 0;
  const shellTrouble =
    isShell(text) && files.length > 0 ? 'A shell command takes no files: remove them.' : null;
  const hindrance = blocked ?? shellTrouble ?? undefined;
  const canSend = !isEmpty && text.trim() !== '!' && !isBusy && reading === 0 && hindrance === undefined;

  async function submit() {
    if (!canSend || isSending.current) return;
    isSending.current = true;
    setError(null);
    setBusy(true);
    try {
      await box.settle();
      const typed = draftText(draft);
      const meaning = meaningOf(typed, { ...(await names.ask(typed)), picked: picked.current });
      await onSend({
        ...meaning,
        files: files.map(({ mime, filename, bytes }) => ({ mime, filename, bytes })),
      });
      picked.current = [];
      removeSent(draft, typed);
      await detach(
        draft,
        files.map(({ id }) => id),
      );
    } catch (thrown) {
      setError(`Not sent: ${explain(thrown)}`);
    } finally {
      isSending.current = false;
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

  async function pick(suggestion: Suggestion) {
    await box.settle();
    const now = draftText(draft);
    const place = tokenAt(now, box.ref.current?.selectionStart ?? 0);
    if (!place) return;
    const replaced = replaceToken(now, place, suggestion.text);
    if (suggestion.path !== null) picked.current.push(suggestion.path);
    box.placeCaret(replaced.caret);
    setDraft(draft, replaced.text);
  }

  async function fillWithLast() {
    const last = (await recall?.()) ?? null;
    if (last === null || draftText(draft) !== '') return;
    box.placeCaret(last.length);
    setDraft(draft, last);
  }

  function onKeyDown(event: KeyboardEvent) {
    // A composition's own keys, the Enter that ends it among them; Safari tells that one by its code (229) alone.
    if (event.nativeEvent.isComposing || event.keyCode === 229) return;
    if (token && keys.current?.(event)) event.preventDefault();
    else if (event.key === 'Enter' && isSendingEnter(event)) {
      event.preventDefault();
      void submit();
    } else if (event.key === 'ArrowUp' && text === '' && hasFinePointer()) {
      event.preventDefault();
      void fillWithLast();
    }
  }

  function onPaste(event: ClipboardEvent) {
    // What is copied in a spreadsheet is text and, besides, its picture.
    if (event.clipboardData.files.length === 0 || event.clipboardData.types.includes('text/plain')) return;
    event.preventDefault();
    void attaching.add([...event.clipboardData.files]);
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
      {[error, attaching.problem].map(
        (words) =>
          words !== null && (
            <p key={words} className="notice bad" role="alert">
              {words}
            </p>
          ),
      )}
      {hindrance !== undefined && <p className="composer-note">{hindrance}</p>}
      <Suspense>
        {files.length > 0 && <PictureWarning files={files} model={model} directory={directory} />}
        {(files.length > 0 || reading > 0) && <Attachments files={files} reading={reading} />}
        {token && (
          <Suggestions
            id={listId}
            token={token}
            directory={directory}
            chat={chat}
            keys={keys}
            onPick={pick}
            onDismiss={() => setDismissed(token.start)}
            onActive={setActiveRow}
          />
        )}
      </Suspense>
      {names.isAsking && (
        <p className="composer-note" role="status">
          asking opencode what it means …
        </p>
      )}
      {isShell(text) && (
        <p className="composer-note" data-testid="shell-note">
          <b>shell</b> runs in the working copy, without asking the agent
        </p>
      )}
      <textarea
        ref={box.ref}
        aria-label="Message"
        placeholder={placeholder}
        value={text}
        rows={1}
        enterKeyHint={hasFinePointer() ? 'send' : 'enter'}
        {...(isShell(text) ? { autoCapitalize: 'none', autoCorrect: 'off', spellCheck: false } : {})}
        {...(token && activeRow !== null
          ? {
              role: 'combobox',
              'aria-expanded': true,
              'aria-controls': listId,
              'aria-autocomplete': 'list',
              'aria-activedescendant': activeRow,
            }
          : {})}
        onChange={(event) => {
          setDraft(draft, event.target.value);
          setDismissed(null);
          box.followCaret();
        }}
        onSelect={box.followCaret}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
        {...box.composition}
      />
      <div className="composer-row">
        <AttachButton onPick={attaching.add} />
        <div className="chips">{children}</div>
        {onStop && (
          <button type="button" className="round-button stop" aria-label="Stop" onClick={stop}>
            <Icon name="stop" size={20} />
          </button>
        )}
        {(!onStop || !isEmpty) && (
          <button type="submit" className="round-button send" aria-label="Send" disabled={!canSend}>
            <Icon name="send" />
          </button>
        )}
      </div>
    </form>
  );
}

/** On a phone Enter is a new line; with a mouse it sends, and with Ctrl or ⌘ everywhere. */
function isSendingEnter({ shiftKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || (!shiftKey && hasFinePointer());
}
