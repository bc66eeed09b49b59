/** Questions the agent asked, with the answers once they are given. Answering happens above the composer. */
import type { QuestionInfo, ToolPart } from '@/shared/api/opencode';
import { Block } from '../Block';
import { Aside, ToolFailure } from './ToolStatus';
import { metadata } from './tool';

function isQuestion(value: unknown): value is QuestionInfo {
  return typeof value === 'object' && value !== null && 'question' in value;
}

export function Questions({ part }: { part: ToolPart }) {
  const asked: unknown = part.state.input.questions;
  const questions = Array.isArray(asked) ? asked.filter(isQuestion) : [];
  const given: unknown = metadata(part).answers;
  const answers = Array.isArray(given) ? given : [];
  return (
    <Block
      kind="question-tool"
      name="Question"
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">? </span>
          {questions.length > 1 ? `${questions.length} questions` : 'Question'}
        </>
      }
      aside={<Aside part={part} />}
    >
      <dl className="answers">
        {questions.map((question, index) => {
          const answer: unknown = answers[index];
          return (
            <div key={question.question}>
              <dt>{question.question}</dt>
              {Array.isArray(answer) ? (
                <dd>{answer.join(', ') || 'no answer'}</dd>
              ) : (
                <dd className="waiting">
                  {part.state.status === 'error' ? 'not answered' : 'waiting for your answer'}
                </dd>
              )}
            </div>
          );
        })}
      </dl>
      <ToolFailure part={part} />
    </Block>
  );
}
