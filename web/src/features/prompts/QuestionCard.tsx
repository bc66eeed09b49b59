/** The agent asks a question: choose, or say it in your own words. */
import { useState } from 'react';
import { opencode, type QuestionInfo, type QuestionRequest } from '@/shared/api/opencode';
import { Failure } from '@/shared/ui/Notice';
import { useReply } from './useReply';

interface Answer {
  chosen: readonly string[];
  own: string;
}

function labels({ chosen, own }: Answer): string[] {
  return own.trim() === '' ? [...chosen] : [...chosen, own.trim()];
}

export default function QuestionCard({
  request,
  directory,
  asker,
}: {
  request: QuestionRequest;
  directory: string;
  asker: string | null;
}) {
  const { busy, error, reply } = useReply(request.id);
  const [answers, setAnswers] = useState<readonly Answer[]>(() =>
    request.questions.map(() => ({ chosen: [], own: '' })),
  );
  const complete = answers.every((answer) => labels(answer).length > 0);
  return (
    <section className="card" aria-label="Question" data-testid="question">
      {asker !== null && <p className="dim">asked by {asker}</p>}
      {request.questions.map((question, index) => (
        <OneQuestion
          key={question.question}
          question={question}
          answer={answers[index] ?? { chosen: [], own: '' }}
          onChange={(answer) => setAnswers(answers.with(index, answer))}
        />
      ))}
      {error !== null && <Failure what="The answer did not arrive." error={error} />}
      <div className="card-buttons">
        <button
          type="button"
          className="button primary wide"
          disabled={busy || !complete}
          onClick={() => reply(() => opencode.replyQuestion(request.id, directory, answers.map(labels)))}
        >
          Answer
        </button>
        <button
          type="button"
          className="button wide"
          disabled={busy}
          onClick={() => reply(() => opencode.rejectQuestion(request.id, directory))}
        >
          Dismiss
        </button>
      </div>
    </section>
  );
}

function OneQuestion({
  question,
  answer,
  onChange,
}: {
  question: QuestionInfo;
  answer: Answer;
  onChange: (answer: Answer) => void;
}) {
  const multiple = question.multiple === true;
  const role = multiple ? 'checkbox' : 'radio';
  function toggle(label: string) {
    if (!multiple) onChange({ chosen: [label], own: '' });
    else if (answer.chosen.includes(label)) {
      onChange({ ...answer, chosen: answer.chosen.filter((other) => other !== label) });
    } else onChange({ ...answer, chosen: [...answer.chosen, label] });
  }
  return (
    <div className="question">
      <h2>{question.question}</h2>
      {multiple && <p className="dim">choose any number</p>}
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have a name. */}
      <div role={multiple ? 'group' : 'radiogroup'} aria-label={question.question}>
        {question.options.map((option) => {
          const checked = answer.chosen.includes(option.label);
          return (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles can be checked.
            <button
              key={option.label}
              type="button"
              role={role}
              aria-checked={checked}
              className="option"
              onClick={() => toggle(option.label)}
            >
              <span className="option-mark" aria-hidden="true">
                {multiple ? (checked ? '[✓]' : '[ ]') : checked ? '(•)' : '( )'}
              </span>
              <span>
                {option.label}
                {option.description !== '' && option.description !== option.label && (
                  <span className="option-note">{option.description}</span>
                )}
              </span>
            </button>
          );
        })}
      </div>
      {question.custom !== false && (
        <input
          className="search"
          aria-label={`Your own answer to: ${question.question}`}
          placeholder="or in your own words"
          value={answer.own}
          onChange={(event) =>
            onChange({
              chosen: multiple || event.target.value === '' ? answer.chosen : [],
              own: event.target.value,
            })
          }
        />
      )}
    </div>
  );
}
