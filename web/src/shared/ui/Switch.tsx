/** A setting that is on or off, and takes effect at once. */
import type { ReactNode } from 'react';
import './switch.css';

export function Switch({
  label,
  note,
  checked,
  disabled = false,
  onChange,
}: {
  label: string;
  note?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      aria-label={label}
      className="row switch"
      disabled={disabled}
      onClick={() => onChange(!checked)}
    >
      <span className="grow">
        {label}
        {note !== undefined && <span className="sub block-line">{note}</span>}
      </span>
      <span className="switch-track" aria-hidden="true">
        <span className="switch-knob" />
      </span>
    </button>
  );
}
