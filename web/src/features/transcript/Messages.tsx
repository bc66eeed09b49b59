/** The messages of one session, in groups, each rendered again only when one of it changes. */
import { Fragment, memo, useMemo, useRef } from 'react';
import { emptyTranscript } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { type Group, grouped } from './groups';
import { Message } from './Message';
import { shownBefore } from './points';
import { createdAt, type Row, rowsOf } from './rows';
import { dayMark } from './times';

interface Props {
  session: string;
  directory: string;
  /** The first message that is reverted: it is not shown, nor is what comes after it. */
  reverted?: string | null;
}

export function Messages({ session, directory, reverted = null }: Props) {
  // The whole of it in one place: thousands of components that each listened would take longer than what they show.
  const transcript = useEvents((state) => state.transcripts[session] ?? emptyTranscript);
  const shown = useMemo(() => shownBefore(transcript.order, reverted), [transcript.order, reverted]);
  const previous = useRef<readonly Group[]>([]);
  const groups = useMemo(() => grouped(shown, previous.current), [shown]);
  previous.current = groups;
  const known = useRef(new WeakMap<Group, readonly Row[]>());
  return groups.map((group, index) => {
    const rows = rowsOf(transcript, group, known.current.get(group));
    known.current.set(group, rows);
    return (
      <MessageGroup
        key={group[0]}
        rows={rows}
        directory={directory}
        kept={transcript.kept}
        before={createdAt(transcript, groups[index - 1]?.at(-1))}
      />
    );
  });
}

interface GroupProps {
  rows: readonly Row[];
  directory: string;
  /** Parts that opencode forgot and the relay kept. */
  kept: Readonly<Record<string, true>>;
  /** When the last message of the group before was made. */
  before: number | null;
}

const MessageGroup = memo(({ rows, directory, kept, before }: GroupProps) => {
  const now = Date.now();
  return (
    <div className="message-group">
      {rows.map(({ entry, isCutOff, askedAt, said }, index) => {
        const { id, time } = entry.info;
        const day = dayMark(time.created, rows[index - 1]?.entry.info.time.created ?? before, now);
        return (
          <Fragment key={id}>
            {day !== null && <p className="day-mark">{day}</p>}
            <Message
              entry={entry}
              directory={directory}
              cutOff={isCutOff}
              kept={kept}
              askedAt={askedAt}
              said={said}
            />
          </Fragment>
        );
      })}
    </div>
  );
});
