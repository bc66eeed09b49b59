/** A task given to a subagent: what it does now, what it answered, and the way to its own conversation. */
import { useEffect } from 'react';
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import { watchTranscript } from '@/features/events/sync';
import type { ToolPart } from '@/shared/api/opencode';
import { Markdown } from '@/shared/markdown/Markdown';
import { Block } from '../Block';
import { lastLineOf, resultOf } from './subagent';
import { Aside, ToolFailure } from './ToolStatus';
import { field, input, isRunning, metadata, outputOf } from './tool';

export function Subagent({ part }: { part: ToolPart }) {
  const session = field(metadata(part), 'sessionId');
  const agent = input(part, 'subagent_type');
  const description = input(part, 'description');
  const result = resultOf(outputOf(part));
  return (
    <Block
      kind="task"
      name={`Subagent ${description}`}
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">◉ </span>
          {agent || 'subagent'}: {description}
        </>
      }
      aside={<Aside part={part} />}
    >
      {isRunning(part) && session !== '' && <Progress session={session} />}
      {result !== '' && <Markdown text={result} />}
      <ToolFailure part={part} />
      {session !== '' && (
        <Link href={`/chat/${session}`} className="text-link" data-testid="subagent-link">
          {isRunning(part) ? 'watch it work' : 'open its conversation'} ›
        </Link>
      )}
    </Block>
  );
}

/** Its conversation is followed as long as it works. */
function Progress({ session }: { session: string }) {
  useEffect(() => watchTranscript(session), [session]);
  const line = useEvents((state) => lastLineOf(state.transcripts[session]));
  return (
    <p className="subagent-line" data-testid="subagent-line">
      {line ?? 'it begins'}
    </p>
  );
}
