/** Questions the agent asked, with the answers once they are given. Answering happens above the composer. */
import type { ToolPart } from '@/shared/api/opencode';
import { Block } from '../Block';
import { askedBy } from './questions';
import { Aside, ToolFailure } from './ToolStatus';

export function Questions({ part }: { part: ToolPart }) {
  const asked = askedBy(part) ?? [];
  return (
    <Block
      kind="question-tool"
      name="Question"
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">? </span>
          {asked.length > 1 ? `${asked.length} questions` : 'Question'}
        </>
      }
      aside={<Aside part={part} />}
    >
      <dl className="answers">
        {asked.map(({ question, answer }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: two may say the same.
          <div key={index}>
            <dt>{question}</dt>
            {answer === null ? (
              <dd className="waiting">
                {part.state.status === 'error' ? 'not answered' : 'waiting for your answer'}
              </dd>
            ) : (
              <dd>{answer}</dd>
            )}
          </div>
        ))}
      </dl>
      <ToolFailure part={part} />
    </Block>
  );
}
