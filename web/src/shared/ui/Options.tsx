/** A list of which one is chosen, for sheets. */
import type { ReactNode } from 'react';
import { Icon } from './Icon';

export interface Option<T> {
  value: T;
  key: string;
  label: ReactNode;
  note?: ReactNode;
}

export function Options<T>({
  label,
  options,
  chosen,
  onChoose,
}: {
  label: string;
  options: readonly Option<T>[];
  chosen: string | null;
  onChoose: (value: T) => void;
}) {
  return (
    <div role="radiogroup" aria-label={label}>
      {options.map((option) => (
        // biome-ignore lint/a11y/useSemanticElements: a radio that acts at once, with two lines of text.
        <button
          key={option.key}
          type="button"
          role="radio"
          aria-checked={option.key === chosen}
          className="row"
          onClick={() => onChoose(option.value)}
        >
          <span className="grow">
            {option.label}
            {option.note !== undefined && <div className="sub">{option.note}</div>}
          </span>
          {option.key === chosen && <Icon name="check" />}
        </button>
      ))}
    </div>
  );
}
