/** The messages of one session, in groups, each rendered again only when one of it changes. */
import { Fragment, memo, useMemo, useRef } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { Transcript } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { isInterrupted } from '@/features/events/transcript';
import { type Group, grouped } from './groups';
import { Message } from './Message';
import { shownBefore } from './points';
import { dayMark } from './times';

const none: readonly string[] = [];
const noMarks: Readonly<Record<string, true>> = {};

interface Props {
  session: string;
  directory: string;
  /** The first message that is reverted: it is not shown, nor is what comes after it. */
  reverted?: string | null;
}

export function Messages({ session, directory, reverted = null }: Props) {
  const order = useEvents((state) => state.transcripts[session]?.order ?? none);
  const shown = useMemo(() => shownBefore(order, reverted), [order, reverted]);
  const previous = useRef<readonly Group[]>([]);
  const groups = useMemo(() => grouped(shown, previous.current), [shown]);
  previous.current = groups;
  return groups.map((ids, index) => (
    <MessageGroup
      key={ids[0]}
      session={session}
      directory={directory}
      ids={ids}
      before={groups[index - 1]?.at(-1) ?? null}
    />
  ));
}

interface GroupProps {
  session: string;
  directory: string;
  ids: Group;
  /** The last message of the group before. */
  before: string | null;
}

const MessageGroup = memo(({ session, directory, ids, before }: GroupProps) => {
  const entries = useEvents(useShallow((state) => ids.map((id) => state.transcripts[session]?.entries[id])));
  const cutOff = useEvents(
    useShallow((state) => ids.filter((id) => isInterrupted(state.transcripts[session], id))),
  );
  const asked = useEvents(useShallow((state) => ids.map((id) => askedAt(state.transcripts[session], id))));
  const kept = useEvents((state) => state.transcripts[session]?.kept ?? noMarks);
  const lastTime = useEvents((state) => createdAt(state.transcripts[session], before));
  const now = Date.now();
  return (
    <div className="message-group">
      {entries.map((entry, index) => {
        if (!entry) return null;
        const { id, time } = entry.info;
        const day = dayMark(time.created, entries[index - 1]?.info.time.created ?? lastTime, now);
        return (
          <Fragment key={id}>
            {day !== null && <p className="day-mark">{day}</p>}
            <Message
              entry={entry}
              directory={directory}
              cutOff={cutOff.includes(id)}
              kept={kept}
              askedAt={asked[index] ?? null}
            />
          </Fragment>
        );
      })}
    </div>
  );
});

function createdAt(transcript: Transcript | undefined, message: string | null): number | null {
  return transcript?.entries[message ?? '']?.info.time.created ?? null;
}

/** When the prompt that a message answers was sent. */
function askedAt(transcript: Transcript | undefined, message: string): number | null {
  const info = transcript?.entries[message]?.info;
  return info?.role === 'assistant' ? createdAt(transcript, info.parentID) : null;
}
