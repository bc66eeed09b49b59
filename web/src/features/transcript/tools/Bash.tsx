/** A command and what it said, as it comes. */
import type { ToolPart } from '@/shared/api/opencode';
import { Block } from '../Block';
import { Output } from './Output';
import { Aside, ToolFailure } from './ToolStatus';
import { failureOf, field, input, metadata, outputOf } from './tool';

export function Bash({ part }: { part: ToolPart }) {
  const command = input(part, 'command');
  const meta = metadata(part);
  const output = field(meta, 'output') || outputOf(part);
  const { exit } = meta;
  const failed = typeof exit === 'number' && exit !== 0;
  return (
    <Block
      kind="bash"
      name={`Command ${command}`}
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">$ </span>
          {command || 'preparing a command'}
        </>
      }
      aside={failed ? <span className="deleted">exit {exit}</span> : <Aside part={part} />}
    >
      {(output.trim() !== '' || failureOf(part) !== null) && (
        <>
          {output.trim() !== '' && <Output output={output} />}
          <ToolFailure part={part} />
        </>
      )}
    </Block>
  );
}
