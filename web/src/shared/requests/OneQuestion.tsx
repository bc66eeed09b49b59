/** One question with its options and, where the agent takes them, words of one's own. */
import type { QuestionInfo } from '@/shared/api/opencode';
import { type Choice, say, toggle } from './choice';

export function OneQuestion({
  question,
  choice,
  isDisabled,
  onChange,
}: {
  question: QuestionInfo;
  choice: Choice;
  /** Of the options: who types need not wait. */
  isDisabled: boolean;
  onChange: (choice: Choice) => void;
}) {
  const multiple = question.multiple === true;
  return (
    <div className="question">
      <h2>{question.question}</h2>
      {multiple && <p className="dim">choose any number</p>}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have a name. */}
      <div className="options" role={multiple ? 'group' : 'radiogroup'} aria-label={question.question}>
        {question.options.map(({ label, description }) => (
          // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles can be checked.
          <button
            key={label}
            type="button"
            role={multiple ? 'checkbox' : 'radio'}
            aria-checked={choice.chosen.includes(label)}
            className="option"
            disabled={isDisabled}
            onClick={() => onChange(toggle(choice, label, multiple))}
          >
            <span className="option-mark" aria-hidden="true">
              {mark(choice.chosen.includes(label), multiple)}
            </span>
            <span>
              {label}
              {description !== '' && description !== label && (
                <span className="option-note">{description}</span>
              )}
            </span>
          </button>
        ))}
      </div>
      {question.custom !== false && (
        <input
          className="search"
          aria-label={`Your own answer to: ${question.question}`}
          placeholder="or in your own words"
          value={choice.own}
          onChange={(event) => onChange(say(choice, event.target.value, multiple))}
        />
      )}
    </div>
  );
}

function mark(checked: boolean, multiple: boolean): string {
  if (multiple) return checked ? '[✓]' : '[ ]';
  return checked ? '(•)' : '( )';
}
