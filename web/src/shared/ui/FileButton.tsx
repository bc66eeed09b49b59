/** A button that asks the device for a file. */
import { type ChangeEvent, type ReactNode, useRef } from 'react';

export interface FileButtonProps {
  /** What kind of file it is, for who cannot see the button. */
  label: string;
  accept: string;
  disabled?: boolean;
  onPick: (file: File) => void;
  children: ReactNode;
}

export function FileButton({ label, accept, disabled = false, onPick, children }: FileButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  function picked({ target }: ChangeEvent<HTMLInputElement>) {
    const file = target.files?.[0];
    if (file) onPick(file);
    // Else the same file could not be picked again, once it is mended.
    target.value = '';
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        hidden
        tabIndex={-1}
        aria-label={label}
        accept={accept}
        onChange={picked}
      />
      <button
        type="button"
        className="button wide"
        disabled={disabled}
        onClick={() => input.current?.click()}
      >
        {children}
      </button>
    </>
  );
}
