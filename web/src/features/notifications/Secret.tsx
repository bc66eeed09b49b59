/** A secret in a form: whether it is set can be seen, what it is cannot. */
import { Field } from './Field';
import type { SecretDraft } from './forms';

export function Secret({
  label,
  isSet,
  value,
  placeholder,
  onChange,
}: {
  label: string;
  isSet: boolean;
  value: SecretDraft;
  placeholder?: string;
  onChange: (value: SecretDraft) => void;
}) {
  if (isSet && typeof value !== 'string') {
    const isRemoved = value === null;
    return (
      <div className="secret">
        <span>
          {label} <span className="dim">{isRemoved ? 'is removed when you save' : 'is set'}</span>
        </span>
        <div className="secret-buttons">
          <button
            type="button"
            className="button"
            aria-label={`Replace: ${label}`}
            onClick={() => onChange('')}
          >
            replace
          </button>
          <button
            type="button"
            className={isRemoved ? 'button' : 'button danger'}
            aria-label={`${isRemoved ? 'Keep' : 'Remove'}: ${label}`}
            onClick={() => onChange(isRemoved ? undefined : null)}
          >
            {isRemoved ? 'keep' : 'remove'}
          </button>
        </div>
      </div>
    );
  }
  return (
    <Field
      label={label}
      type="password"
      value={value ?? ''}
      placeholder={isSet ? 'the new one' : placeholder}
      onChange={(text) => onChange(text === '' && !isSet ? undefined : text)}
    />
  );
}
