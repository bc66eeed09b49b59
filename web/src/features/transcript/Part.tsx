/** A part of an answer: text, reasoning, a tool's call, and what opencode notes between them. */
import { memo } from 'react';
import type { Part as MessagePart, ReasoningPart } from '@/shared/api/opencode';
import { duration } from '@/shared/format';
import { Markdown } from '@/shared/markdown/Markdown';
import { Shown } from '@/shared/ui/Shown';
import { Block, PartId } from './Block';
import { RetryNotice } from './ErrorNotice';
import { Tool } from './tools/Tool';

interface Props {
  part: MessagePart;
  directory: string;
  /** Whether its message still grows. */
  isOpen: boolean;
}

export const Part = memo(({ isKept, ...props }: Props & { isKept: boolean }) => {
  const content = (
    <PartId value={props.part.id}>
      <Shown of={props.part} what="part">
        <Content {...props} />
      </Shown>
    </PartId>
  );
  if (!isKept) return content;
  return (
    <div className="kept" data-testid="kept">
      {content}
      <p className="kept-note">kept by ocweb: opencode forgot it when it stopped</p>
    </div>
  );
});

function Content({ part, directory, isOpen }: Props) {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' || part.synthetic ? null : (
        <Markdown text={part.text} isGrowing={isOpen && part.time?.end === undefined} />
      );
    case 'reasoning':
      return part.text.trim() === '' ? null : <Reasoning part={part} isOpen={isOpen} />;
    case 'tool':
      return <Tool part={part} directory={directory} />;
    case 'retry':
      return <RetryNotice attempt={part.attempt} error={part.error} />;
    case 'subtask':
      return (
        <p className="notice">
          Subtask for {part.agent}: {part.description}
        </p>
      );
    default:
      return null;
  }
}

function Reasoning({ part, isOpen }: { part: ReasoningPart; isOpen: boolean }) {
  const { start, end } = part.time;
  return (
    <Block
      kind="reasoning"
      name="Reasoning"
      head="Thinking"
      aside={end === undefined ? <span className="pulse" /> : duration(end - start)}
    >
      <Markdown text={part.text} isGrowing={isOpen && end === undefined} />
    </Block>
  );
}
