/** A tool that only looks: one line; what it found opens with a tap. */
import { useMemo } from 'react';
import type { ToolPart } from '@/shared/api/opencode';
import { plainOutput } from '@/shared/terminal/output';
import { Block } from '../Block';
import { Files } from '../files/Files';
import { foundText, lookupLine, placeOf, signOf } from './lookups';
import { OpenFile } from './OpenFile';
import { Aside, ToolFailure } from './ToolStatus';
import { attachmentsOf, failureOf, outputOf } from './tool';

export function Lookup({ part, directory }: { part: ToolPart; directory: string }) {
  const text = lookupLine(part, directory);
  const files = attachmentsOf(part);
  const place = placeOf(part);
  return (
    <Block
      kind="line"
      name={text}
      status={part.state.status}
      // A picture that was read is there to be seen.
      folded={failureOf(part) === null && files.length === 0}
      head={
        <>
          <span className="prompt-sign">{signOf(part.tool)} </span>
          {text}
        </>
      }
      link={place && <OpenFile {...place} directory={directory} />}
      aside={<Aside part={part} />}
    >
      {failureOf(part) !== null ? (
        <ToolFailure part={part} />
      ) : files.length > 0 ? (
        <Files files={files} />
      ) : (
        outputOf(part).trim() !== '' && <Found output={outputOf(part)} />
      )}
    </Block>
  );
}

/** Read only once it is looked at. */
function Found({ output }: { output: string }) {
  const text = useMemo(() => foundText(plainOutput(output)), [output]);
  return <pre className="output">{text}</pre>;
}
