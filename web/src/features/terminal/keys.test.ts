import { describe, expect, it } from 'vitest';
import { keySequence, noModifiers, pasteSequence, textSequence } from './keys';

const ctrl = { ...noModifiers, ctrl: true };
const alt = { ...noModifiers, alt: true };

describe('keys', () => {
  it('are sent as xterm sends them', () => {
    expect(keySequence('ArrowUp', noModifiers, false)).toBe('\u001b[A');
    expect(keySequence('ArrowUp', noModifiers, true)).toBe('\u001bOA');
    expect(keySequence('ArrowLeft', ctrl, true)).toBe('\u001b[1;5D');
    expect(keySequence('PageUp', noModifiers, false)).toBe('\u001b[5~');
    expect(keySequence('Delete', { ctrl: true, alt: true, shift: true }, false)).toBe('\u001b[3;8~');
    expect(keySequence('Tab', { ...noModifiers, shift: true }, false)).toBe('\u001b[Z');
    expect(keySequence('Enter', alt, false)).toBe('\u001b\r');
    expect(keySequence('Backspace', noModifiers, false)).toBe('\u007f');
  });

  it('with Ctrl and a letter are control characters', () => {
    expect(textSequence('c', ctrl)).toBe('\u0003');
    expect(textSequence('[', ctrl)).toBe('\u001b');
    expect(textSequence(' ', ctrl)).toBe('\0');
    expect(textSequence('ä', ctrl)).toBe('ä');
    expect(textSequence('b', alt)).toBe('\u001bb');
    expect(textSequence('', ctrl)).toBe('');
  });
});

describe('pasted text', () => {
  it('is marked where that was asked for, and cannot end its mark', () => {
    expect(pasteSequence('a\nb\r\nc', false)).toBe('a\rb\rc');
    expect(pasteSequence('a\u001b[201~rm', true)).toBe('\u001b[200~a[201~rm\u001b[201~');
  });
});
