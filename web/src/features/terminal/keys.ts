/** What a terminal is sent for a key: of a phone's key row, and of a keyboard. Pure. */

export type Key =
  | 'Escape'
  | 'Tab'
  | 'Enter'
  | 'Backspace'
  | 'Delete'
  | 'ArrowUp'
  | 'ArrowDown'
  | 'ArrowLeft'
  | 'ArrowRight'
  | 'Home'
  | 'End'
  | 'PageUp'
  | 'PageDown';

export interface Modifiers {
  ctrl: boolean;
  alt: boolean;
  shift: boolean;
}

export const noModifiers: Modifiers = { ctrl: false, alt: false, shift: false };

const esc = '\u001b';

/** Keys with a code of one letter, which programs can ask to have in another form. */
const letters: Partial<Record<Key, string>> = {
  ArrowUp: 'A',
  ArrowDown: 'B',
  ArrowRight: 'C',
  ArrowLeft: 'D',
  Home: 'H',
  End: 'F',
};
const numbers: Partial<Record<Key, number>> = { Delete: 3, PageUp: 5, PageDown: 6 };
const plainKeys: Partial<Record<Key, string>> = {
  Escape: esc,
  Tab: '\t',
  Enter: '\r',
  Backspace: '\u007f',
};

/** A named key, as xterm sends it. `isApplication`: the program asked for cursor keys in application mode. */
export function keySequence(key: Key, modifiers: Modifiers, isApplication: boolean): string {
  // xterm counts them: 1, and 1, 2 and 4 for each that is held.
  const held = 1 + (modifiers.shift ? 1 : 0) + (modifiers.alt ? 2 : 0) + (modifiers.ctrl ? 4 : 0);
  const letter = letters[key];
  if (letter !== undefined) {
    if (held > 1) return `${esc}[1;${held}${letter}`;
    return `${esc}${isApplication ? 'O' : '['}${letter}`;
  }
  const number = numbers[key];
  if (number !== undefined) return `${esc}[${number}${held > 1 ? `;${held}` : ''}~`;
  if (key === 'Tab' && modifiers.shift) return `${esc}[Z`;
  if (key === 'Backspace' && modifiers.ctrl) return '\b';
  return (modifiers.alt ? esc : '') + (plainKeys[key] ?? '');
}

/** Text with what is held: Ctrl and a letter is a control character, Alt puts an escapeape before it. */
export function textSequence(text: string, modifiers: Pick<Modifiers, 'ctrl' | 'alt'>): string {
  const [first = '', ...rest] = text;
  if (!modifiers.ctrl && !modifiers.alt) return text;
  const code = first.toUpperCase().charCodeAt(0);
  const isControl = modifiers.ctrl && code >= 0x40 && code <= 0x5f;
  const begin = isControl ? String.fromCharCode(code & 0x1f) : modifiers.ctrl && first === ' ' ? '\0' : first;
  return (modifiers.alt ? esc : '') + begin + rest.join('');
}

/** Pasted text: line ends as Enter sends them, and marked as pasted where the program asked for that. */
export function pasteSequence(text: string, isBracketed: boolean): string {
  const lines = text.replaceAll(/\r?\n/g, '\r');
  // What is pasted must not be able to end the paste by itself.
  return isBracketed ? `${esc}[200~${lines.replaceAll(esc, '')}${esc}[201~` : lines;
}

export function isKey(name: string): name is Key {
  return name in letters || name in numbers || name in plainKeys;
}
