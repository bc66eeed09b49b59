/** The messages of one session, each rendered again only when it changes. */
import { memo } from 'react';
import type { Entry } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { isInterrupted } from '@/features/events/transcript';
import {
  type AssistantMessage,
  errorSentence,
  type Part as MessagePart,
  type UserMessage,
} from '@/shared/api/opencode';
import { duration } from '@/shared/format';
import { Markdown } from '@/shared/markdown/Markdown';
import { Block } from './Block';
import { Tool } from './tools/Tool';
import '@/shared/ui/message.css';
import './transcript.css';

const none: readonly string[] = [];

export function Messages({ session, directory }: { session: string; directory: string }) {
  const order = useEvents((state) => state.transcripts[session]?.order ?? none);
  return order.map((id) => <Message key={id} session={session} id={id} directory={directory} />);
}

const Message = memo(({ session, id, directory }: { session: string; id: string; directory: string }) => {
  const entry = useEvents((state) => state.transcripts[session]?.entries[id]);
  const cutOff = useEvents((state) => isInterrupted(state.transcripts[session], id));
  if (!entry) return null;
  const { info } = entry;
  return info.role === 'user' ? (
    <Prompt entry={entry} />
  ) : (
    <Answer entry={entry} info={info} directory={directory} cutOff={cutOff} />
  );
});

/** What somebody typed. Texts that opencode added for the model are left out. */
function Prompt({ entry }: { entry: Entry }) {
  const mode = (entry.info as UserMessage).agent;
  // Its text comes a moment after it: until then it is shown as what is being sent.
  if (entry.parts.length === 0) return null;
  return (
    <article className={`message user mode-${mode}`} aria-label="You">
      {entry.parts.map((part) => {
        if (part.type === 'text' && !part.synthetic) return <p key={part.id}>{part.text}</p>;
        if (part.type === 'file')
          return (
            <p key={part.id} className="dim">
              [{part.filename ?? part.mime}]
            </p>
          );
        return null;
      })}
    </article>
  );
}

interface AnswerProps {
  entry: Entry;
  info: AssistantMessage;
  directory: string;
  cutOff: boolean;
}

function Answer({ entry, info, directory, cutOff }: AnswerProps) {
  const ended = info.time.completed !== undefined;
  const shown = entry.parts.some((part) => part.type === 'tool' || ('text' in part && part.text !== ''));
  if (!shown && !info.error && !cutOff) return null;
  return (
    <article className="message assistant" aria-label="Agent" aria-busy={!ended && !cutOff}>
      {entry.parts.map((part) => (
        <Part key={part.id} part={part} directory={directory} />
      ))}
      {info.error && <AnswerError error={info.error} />}
      {cutOff && (
        <p className="notice warn">Interrupted: opencode stopped before this answer was finished.</p>
      )}
      {ended && info.finish === 'stop' && <Signature info={info} />}
    </article>
  );
}

function AnswerError({ error }: { error: NonNullable<AssistantMessage['error']> }) {
  if (error.name === 'MessageAbortedError') return <p className="notice">Stopped.</p>;
  return (
    <p className="notice bad" role="alert">
      {errorSentence(error)}
    </p>
  );
}

/** Ends a turn: who answered, and how long it took from the prompt on. */
function Signature({ info }: { info: AssistantMessage }) {
  const begun = useEvents(
    (state) =>
      state.transcripts[info.sessionID]?.entries[info.parentID]?.info.time.created ?? info.time.created,
  );
  const completed = info.time.completed ?? info.time.created;
  return (
    <p className="signature">
      <span className={`mode-sign mode-${info.agent}`}>▣</span> {info.agent} · {info.modelID} ·{' '}
      {duration(completed - begun)}
    </p>
  );
}

const Part = memo(({ part, directory }: { part: MessagePart; directory: string }) => {
  const kept = useEvents((state) => state.transcripts[part.sessionID]?.kept[part.id] === true);
  if (!kept) return <Content part={part} directory={directory} />;
  return (
    <div className="kept" data-testid="kept">
      <Content part={part} directory={directory} />
      <p className="kept-note">kept by ocweb: opencode forgot it when it stopped</p>
    </div>
  );
});

function Content({ part, directory }: { part: MessagePart; directory: string }) {
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' || part.synthetic ? null : <Markdown text={part.text} />;
    case 'reasoning':
      return part.text.trim() === '' ? null : (
        <Block
          kind="reasoning"
          name="Reasoning"
          head="Thinking"
          aside={
            part.time.end === undefined ? (
              <span className="pulse" />
            ) : (
              duration(part.time.end - part.time.start)
            )
          }
        >
          <Markdown text={part.text} />
        </Block>
      );
    case 'tool':
      return <Tool part={part} directory={directory} />;
    case 'retry':
      return (
        <p className="notice warn">
          Attempt {part.attempt} failed: {errorSentence(part.error)}
        </p>
      );
    case 'compaction':
      return <p className="notice">The conversation was summarised to make room.</p>;
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
