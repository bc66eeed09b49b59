/** The agent asks: choose, or say it in your own words. Several questions come one by one. */
import type { PendingQuestion } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { isComplete, labels, nothingChosen, readAnswering } from './choice';
import { useKeptAnswer } from './kept';
import { OneQuestion } from './OneQuestion';
import { useAnswer } from './useAnswer';
import { useTapGuard } from './useTapGuard';

export function QuestionCard({ request, asker }: { request: PendingQuestion; asker: string | null }) {
  const { answer, error, isBusy } = useAnswer(request.id);
  const { questions } = request.details;
  const [answering, keep] = useKeptAnswer(request.id, (kept) => readAnswering(kept, questions.length));
  const { step, choices } = answering;
  const { isSettled, guard } = useTapGuard(`${request.id} ${step}`);
  const question = questions[step];
  const choice = choices[step] ?? nothingChosen;
  const isLast = step >= questions.length - 1;
  const isDisabled = isBusy || !isSettled;
  return (
    <section className="card" aria-label="Question" data-testid="question" onClickCapture={guard}>
      {(asker !== null || questions.length > 1) && (
        <p className="dim">
          {questions.length > 1 && `question ${step + 1} of ${questions.length} `}
          {asker !== null && `asked by ${asker}`}
        </p>
      )}
      {question && (
        <OneQuestion
          key={step}
          question={question}
          choice={choice}
          isDisabled={isDisabled}
          onChange={(changed) => keep({ step, choices: choices.with(step, changed) })}
        />
      )}
      {error && <Failure what="Not answered." error={error} />}
      <fieldset className="card-buttons" disabled={isDisabled}>
        {isLast ? (
          <button
            type="button"
            className="button primary wide"
            disabled={!choices.every(isComplete)}
            onClick={() => answer({ answers: choices.map(labels) })}
          >
            Answer
          </button>
        ) : (
          <button
            type="button"
            className="button primary wide"
            disabled={!isComplete(choice)}
            onClick={() => keep({ step: step + 1, choices })}
          >
            Next question
          </button>
        )}
        <div className="card-refuse">
          {step > 0 && (
            <button type="button" className="button" onClick={() => keep({ step: step - 1, choices })}>
              Back
            </button>
          )}
          <button type="button" className="button" onClick={() => answer({ reject: true })}>
            Dismiss
          </button>
        </div>
      </fieldset>
    </section>
  );
}
