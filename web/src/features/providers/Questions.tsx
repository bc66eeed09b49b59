/** What a provider wants to know beside the key, such as the address of an own server. */
import { useId } from 'react';
import { isAsked, type Way } from './connecting';

export interface QuestionsProps {
  way: Way;
  answers: Readonly<Record<string, string>>;
  onChange: (answers: Record<string, string>) => void;
}

export function Questions({ way, answers, onChange }: QuestionsProps) {
  const id = useId();
  return way.prompts
    .filter((prompt) => isAsked(prompt, answers))
    .map((prompt) => (
      <div key={prompt.key} className="stack-tight">
        <label htmlFor={`${id}-${prompt.key}`}>{prompt.message}</label>
        {prompt.type === 'select' ? (
          <select
            id={`${id}-${prompt.key}`}
            className="search"
            value={answers[prompt.key] ?? ''}
            onChange={(event) => onChange({ ...answers, [prompt.key]: event.target.value })}
          >
            <option value="">choose</option>
            {prompt.options.map(({ label, value }) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        ) : (
          <input
            id={`${id}-${prompt.key}`}
            className="search"
            value={answers[prompt.key] ?? ''}
            placeholder={prompt.placeholder}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => onChange({ ...answers, [prompt.key]: event.target.value })}
          />
        )}
      </div>
    ));
}
