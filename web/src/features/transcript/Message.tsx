/** One message: what somebody typed, or a step of the agent's answer. */
import { memo, useContext, useMemo } from 'react';
import type { Entry } from '@/features/events/state';
import type { AssistantMessage, UserMessage } from '@/shared/api/opencode';
import { duration } from '@/shared/format';
import { Icon } from '@/shared/ui/Icon';
import { Shown } from '@/shared/ui/Shown';
import { useLongPress } from '@/shared/ui/useLongPress';
import { AnswerError } from './ErrorNotice';
import { Files } from './files/Files';
import { MessageActions } from './messageActions';
import { Part } from './Part';
import { clock, wholeMoment } from './times';
import { cutOffParts } from './tools/cutOff';
import { usageText } from './usage';
import '@/shared/ui/message.css';
import './transcript.css';

type Marks = Readonly<Record<string, true>>;

interface Props {
  entry: Entry;
  directory: string;
  /** Whether it was cut off, and nothing completed it since. */
  cutOff: boolean;
  /** Parts that opencode forgot and the relay kept. */
  kept: Marks;
  /** When the prompt was sent that it answers; null where that is not known. */
  askedAt: number | null;
  /** Of a prompt: what somebody typed; null where nobody did. */
  said: string | null;
}

export const Message = memo(({ entry, ...props }: Props) => {
  const { info } = entry;
  return (
    <Shown of={entry} what="message">
      {info.role === 'user' ? (
        <Prompt entry={entry} info={info} said={props.said} />
      ) : (
        <Answer entry={entry} info={info} {...props} />
      )}
    </Shown>
  );
});

/** What somebody typed. What opencode added for the model, or said in the person's name, is left out. */
function Prompt({ entry, info, said }: { entry: Entry; info: UserMessage; said: string | null }) {
  const press = usePress(info.sessionID, info.id);
  // Its text comes a moment after it: until then it is shown as what is being sent.
  if (entry.parts.length === 0) return null;
  if (entry.parts.some((part) => part.type === 'compaction')) return <Compaction time={info.time.created} />;
  if (said === null) return null;
  return (
    <article className={`message user mode-${info.agent}`} aria-label="You" {...press}>
      <span className="prompt-aside">
        <Time at={info.time.created} />
        <More session={info.sessionID} message={info.id} />
      </span>
      {said !== '' && <p>{said}</p>}
      <Files files={entry.parts.filter((part) => part.type === 'file')} />
    </article>
  );
}

/** From here on the model knows what was before by a summary only. */
function Compaction({ time }: { time: number }) {
  return (
    <p className="day-mark" data-testid="compaction">
      summarised to make room · <Time at={time} />
    </p>
  );
}

function Answer({ entry, info, directory, cutOff, kept, askedAt }: Props & { info: AssistantMessage }) {
  const press = usePress(info.sessionID, info.id);
  const ended = info.time.completed !== undefined;
  const isOpen = !ended && !cutOff;
  const parts = useMemo(() => (cutOff ? cutOffParts(entry.parts) : entry.parts), [cutOff, entry.parts]);
  const shown = parts.some((part) => part.type === 'tool' || ('text' in part && part.text !== ''));
  if (!shown && !info.error && !cutOff) return null;
  return (
    <article className="message assistant" aria-label="Agent" aria-busy={isOpen} {...press}>
      {parts.map((part) => (
        <Part
          key={part.id}
          part={part}
          directory={directory}
          isOpen={isOpen}
          isKept={kept[part.id] === true}
        />
      ))}
      {info.error && <AnswerError error={info.error} message={info} directory={directory} />}
      {cutOff && (
        <p className="notice warn">Interrupted: opencode stopped before this answer was finished.</p>
      )}
      {!isOpen && <Foot info={info} askedAt={askedAt} />}
    </article>
  );
}

/** Ends a step: what it took. The last step of a turn also says who answered, and how long it took from the prompt on. */
function Foot({ info, askedAt }: { info: AssistantMessage; askedAt: number | null }) {
  const usage = usageText(info.tokens, info.cost);
  const completed = info.time.completed ?? info.time.created;
  return (
    <p className="message-foot">
      <span>
        {info.finish === 'stop' && (
          <>
            <span className={`mode-sign mode-${info.agent}`}>▣</span> {info.agent} · {info.modelID} ·{' '}
            {duration(completed - (askedAt ?? info.time.created))} · <Time at={completed} />
            {usage !== '' && ' · '}
          </>
        )}
        {usage}
      </span>
      <More session={info.sessionID} message={info.id} />
    </p>
  );
}

function Time({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={wholeMoment(at)}>
      {clock(at)}
    </time>
  );
}

/** Opens what can be done with the message, in the conversation that the page shows: not in a subagent's within it. */
function More({ session, message }: { session: string; message: string }) {
  const actions = useContext(MessageActions);
  if (actions?.session !== session) return null;
  return (
    <button
      type="button"
      className="more"
      aria-label="Message actions"
      aria-haspopup="dialog"
      onClick={() => actions.open(message)}
    >
      <Icon name="dots" size={18} />
    </button>
  );
}

function usePress(session: string, message: string) {
  const actions = useContext(MessageActions);
  const press = useLongPress(() => actions?.open(message));
  return actions?.session === session ? press : {};
}
