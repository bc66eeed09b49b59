/** A task given to a subagent: its own conversation, inside this one. */
import { useEffect } from 'react';
import { Link } from 'wouter';
import { watchTranscript } from '@/features/events/sync';
import type { ToolPart } from '@/shared/api/opencode';
import { Block } from '../Block';
import { Messages } from '../Messages';
import { Aside, ToolFailure } from './ToolStatus';
import { field, input, metadata } from './tool';

export function Subagent({ part, directory }: { part: ToolPart; directory: string }) {
  const session = field(metadata(part), 'sessionId');
  const agent = input(part, 'subagent_type');
  const description = input(part, 'description');
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
      {session !== '' && <Conversation session={session} directory={directory} />}
      <ToolFailure part={part} />
    </Block>
  );
}

function Conversation({ session, directory }: { session: string; directory: string }) {
  useEffect(() => watchTranscript(session), [session]);
  return (
    <div className="subagent">
      <Messages session={session} directory={directory} />
      <Link href={`/chat/${session}`} className="text-link">
        open as a page ›
      </Link>
    </div>
  );
}
