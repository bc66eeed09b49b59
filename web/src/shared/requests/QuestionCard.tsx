/** The agent asks a question: choose, or say it in your own words. */
import { useState } from 'react';
import type { PendingQuestion } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { type Choice, isComplete, labels, nothingChosen } from './choice';
import { OneQuestion } from './OneQuestion';
import { useAnswer } from './useAnswer';

export function QuestionCard({ request, asker }: { request: PendingQuestion; asker: string | null }) {
  const { answer, error, isBusy } = useAnswer(request.id);
  const { questions } = request.details;
  const [choices, setChoices] = useState<readonly Choice[]>(() => questions.map(() => nothingChosen));
  return (
    <section className="card" aria-label="Question" data-testid="question">
      {asker !== null && <p className="dim">asked by {asker}</p>}
      {questions.map((question, index) => (
        <OneQuestion
          key={question.question}
          question={question}
          choice={choices[index] ?? nothingChosen}
          onChange={(choice) => setChoices(choices.with(index, choice))}
        />
      ))}
      {error && <Failure what="Not answered." error={error} />}
      <div className="card-buttons">
        <button
          type="button"
          className="button primary wide"
          disabled={isBusy || !choices.every(isComplete)}
          onClick={() => answer({ answers: choices.map(labels) })}
        >
          Answer
        </button>
        <button
          type="button"
          className="button wide"
          disabled={isBusy}
          onClick={() => answer({ reject: true })}
        >
          Dismiss
        </button>
      </div>
    </section>
  );
}
