/**
 * Where a terminal is typed into: a text box that is not seen, so that the phone shows its keyboard, and a row of the keys
 * that a phone does not have. The row keeps the keyboard where it is.
 */
import { type RefObject, useEffect, useRef, useState } from 'react';
import { isKey, type Key, keySequence, pasteSequence, textSequence } from './keys';

/** Something must be in the box for the phone to tell that it is to be erased. */
const filler = '\u200b';

const row: readonly { key: Key; label: string; name: string }[] = [
  { key: 'Escape', label: 'Esc', name: 'Esc' },
  { key: 'Tab', label: 'Tab', name: 'Tab' },
  { key: 'ArrowLeft', label: '←', name: 'Left' },
  { key: 'ArrowDown', label: '↓', name: 'Down' },
  { key: 'ArrowUp', label: '↑', name: 'Up' },
  { key: 'ArrowRight', label: '→', name: 'Right' },
  { key: 'Home', label: 'Home', name: 'Home' },
  { key: 'End', label: 'End', name: 'End' },
  { key: 'PageUp', label: 'PgUp', name: 'Page up' },
  { key: 'PageDown', label: 'PgDn', name: 'Page down' },
];

interface KeyboardProps {
  box: RefObject<HTMLTextAreaElement | null>;
  isApplication: boolean;
  isBracketed: boolean;
  onSend: (text: string) => void;
}

export function Keyboard({ box, isApplication, isBracketed, onSend }: KeyboardProps) {
  // They hold for the next key, as on a phone two cannot be held at once.
  const [ctrl, setCtrl] = useState(false);
  const [alt, setAlt] = useState(false);

  function release() {
    setCtrl(false);
    setAlt(false);
  }

  const actions = {
    text(text: string) {
      onSend(textSequence(text, { ctrl, alt }));
      release();
    },
    key(key: Key, shift = false) {
      onSend(keySequence(key, { ctrl, alt, shift }, isApplication));
      release();
    },
    paste: (text: string) => onSend(pasteSequence(text, isBracketed)),
    held: { ctrl, alt },
  };
  useTyping(box, actions);

  const hold = (name: string, isHeld: boolean, set: (held: boolean) => void) => (
    <button type="button" aria-pressed={isHeld} onClick={() => set(!isHeld)}>
      {name}
    </button>
  );
  return (
    <div className="terminal-keys" onPointerDown={(event) => event.preventDefault()}>
      {hold('Ctrl', ctrl, setCtrl)}
      {hold('Alt', alt, setAlt)}
      {row.map(({ key, label, name }) => (
        <button key={key} type="button" aria-label={name} onClick={() => actions.key(key)}>
          {label}
        </button>
      ))}
      {['|', '/', '-', '~'].map((sign) => (
        <button key={sign} type="button" onClick={() => actions.text(sign)}>
          {sign}
        </button>
      ))}
    </div>
  );
}

interface Actions {
  text: (text: string) => void;
  key: (key: Key, shift?: boolean) => void;
  paste: (text: string) => void;
  held: { ctrl: boolean; alt: boolean };
}

/** Listens as browsers tell it: React's own events for typing are older than phones. */
function useTyping(box: RefObject<HTMLTextAreaElement | null>, actions: Actions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const area = box.current;
    if (!area) return;
    const ended = new AbortController();
    const { signal } = ended;
    const empty = () => {
      area.value = filler;
      area.setSelectionRange(1, 1);
    };
    empty();
    area.addEventListener(
      'keydown',
      (event) => {
        // What an input method composes is its own until it has ended.
        if (event.isComposing || event.keyCode === 229) return;
        const { text, key } = latest.current;
        if (event.ctrlKey && !event.metaKey && !event.altKey && event.key.length === 1) {
          // Copying what is selected is not interrupting.
          if (/^[cv]$/i.test(event.key) && (event.shiftKey || getSelection()?.isCollapsed === false)) return;
          event.preventDefault();
          onlyCtrl(latest.current, event.key);
        } else if (isKey(event.key) && !event.metaKey) {
          event.preventDefault();
          key(event.key, event.shiftKey);
        } else if (event.altKey && event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
          event.preventDefault();
          text(`\u001b${event.key}`);
        }
      },
      { signal },
    );
    area.addEventListener(
      'beforeinput',
      (event) => {
        if (event.isComposing || event.inputType === 'insertCompositionText') return;
        const { text, key } = latest.current;
        event.preventDefault();
        if (event.inputType.startsWith('deleteContent')) key('Backspace');
        else if (event.inputType === 'insertLineBreak' || event.inputType === 'insertParagraph') key('Enter');
        else if (event.data) text(event.data);
      },
      { signal },
    );
    area.addEventListener(
      'compositionend',
      (event) => {
        if (event.data !== '') latest.current.text(event.data);
        // The browser puts the text in after this.
        setTimeout(empty, 0);
      },
      { signal },
    );
    area.addEventListener(
      'paste',
      (event) => {
        event.preventDefault();
        latest.current.paste(event.clipboardData?.getData('text/plain') ?? '');
      },
      { signal },
    );
    return () => ended.abort();
  }, [box]);
}

function onlyCtrl({ text, held }: Actions, letter: string): void {
  // Held on the row as well, it is still one Ctrl.
  text(held.ctrl ? letter : textSequence(letter, { ctrl: true, alt: false }));
}
