/** A line to type into, with its name above and, where it helps, a word below. */
import { type ReactNode, useId } from 'react';

export function Field({
  label,
  type = 'text',
  value,
  placeholder,
  note,
  onChange,
}: {
  label: string;
  type?: 'text' | 'url' | 'password' | 'time' | 'number';
  value: string;
  placeholder?: string | undefined;
  note?: ReactNode;
  onChange: (value: string) => void;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className="search"
        type={type}
        value={value}
        placeholder={placeholder}
        // What is typed here is for machines: nothing should correct or keep it.
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        {...(type === 'number' ? { inputMode: 'numeric', min: 0 } : {})}
        onChange={(event) => onChange(event.target.value)}
      />
      {note !== undefined && <p className="dim">{note}</p>}
    </div>
  );
}
