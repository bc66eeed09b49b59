/** A sheet from below: where choices are made and questions answered. Back, Escape, the backdrop and × close it. */
import { type ReactNode, useLayoutEffect, useRef } from 'react';
import { IconButton } from './Icon';
import { useOverlay } from './useOverlay';

export function Sheet({
  title,
  onClose,
  children,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useOverlay(onClose);
  // Closed while it is still there: so the focus goes back to where it was.
  useLayoutEffect(() => {
    const element = dialog.current;
    const giveCaretBack = keepCaret(document.activeElement);
    element?.showModal();
    return () => {
      element?.close();
      giveCaretBack();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a tap on the backdrop; the keyboard has Escape, which `onClose` hears.
    <dialog
      ref={dialog}
      className="sheet"
      aria-label={title}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="sheet-head">
        <h2>{title}</h2>
        <IconButton name="close" label="Close" onClick={onClose} />
      </div>
      <div className="sheet-body">{children}</div>
    </dialog>
  );
}

/** Chromium gives a text box its focus back without a caret: what is typed then goes nowhere (seen in version 156). */
function keepCaret(element: Element | null): () => void {
  if (!(element instanceof HTMLTextAreaElement)) return () => undefined;
  const { selectionStart, selectionEnd } = element;
  return () => {
    if (document.activeElement === element) element.setSelectionRange(selectionStart, selectionEnd);
  };
}
