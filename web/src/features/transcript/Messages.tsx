/** The messages of one session, each rendered again only when it changes. */
import { memo } from 'react';
import { isCutOff } from '@/features/events/cutOff';
import type { Entry, LivePart } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { type AssistantMessage, errorSentence, type UserMessage } from '@/shared/api/opencode';
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
  const cutOff = useEvents((state) => isCutOff(state, session, directory, id));
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
  return (
    <article className={`message user mode-${mode}`} aria-label="You" aria-busy={entry.optimistic}>
      {entry.parts.map(({ part }) => {
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
  const shown = entry.parts.some(({ part }) => part.type === 'tool' || ('text' in part && part.text !== ''));
  if (!shown && !info.error && !cutOff) return null;
  return (
    <article className="message assistant" aria-label="Agent" aria-busy={!ended && !cutOff}>
      {entry.parts.map((live) => (
        <Part key={live.part.id} live={live} directory={directory} />
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

const Part = memo(({ live, directory }: { live: LivePart; directory: string }) => {
  const { part } = live;
  switch (part.type) {
    case 'text':
      return part.text.trim() === '' || part.synthetic ? null : <GrowingText live={live} text={part.text} />;
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
          <GrowingText live={live} text={part.text} />
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
});

/** A text, with what was missed while the connection was cut marked until opencode sends the whole. */
function GrowingText({ live, text }: { live: LivePart; text: string }) {
  if (live.gaps.length === 0) return <Markdown text={text} />;
  const bounds = [0, ...live.gaps, text.length];
  return bounds.slice(1).map((end, index) => {
    const begin = bounds[index] ?? 0;
    return (
      <div key={begin}>
        {index > 0 && (
          <p className="gap">⋯ missed while away; the whole text comes when this part is finished ⋯</p>
        )}
        <Markdown text={text.slice(begin, end)} />
      </div>
    );
  });
}
