/** A tool that the page knows nothing of, an MCP server's mostly: what it was given, and what it answered. */
import type { ToolPart } from '@/shared/api/opencode';
import { Block } from '../Block';
import { Files } from '../files/Files';
import { argumentsOf, readable } from './arguments';
import { Output } from './Output';
import { Aside, ToolFailure } from './ToolStatus';
import { attachmentsOf, failureOf, outputOf } from './tool';

export function Other({ part }: { part: ToolPart }) {
  const given = argumentsOf(part.state.input);
  const title = part.state.status === 'completed' ? part.state.title : '';
  const output = outputOf(part);
  const files = attachmentsOf(part);
  const isEmpty = given.length === 0 && output === '' && files.length === 0 && failureOf(part) === null;
  return (
    <Block
      kind="other"
      name={`Tool ${part.tool}`}
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">⚙ </span>
          {part.tool}
          {title !== '' && title !== part.tool && <span className="dim"> {title}</span>}
        </>
      }
      aside={<Aside part={part} />}
    >
      {!isEmpty && (
        <>
          {given.length > 0 && (
            <dl className="arguments">
              {given.map(({ name, value }) => (
                <div key={name}>
                  <dt>{name}: </dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          )}
          {output !== '' && <Output output={readable(output)} />}
          <Files files={files} />
          <ToolFailure part={part} />
        </>
      )}
    </Block>
  );
}
