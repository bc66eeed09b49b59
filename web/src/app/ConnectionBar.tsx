/** Says that the stream is cut and being made anew, and how old what is shown is. Nothing is shown while all is well. */
import { useEffect, useState } from 'react';
import type { Connection } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { reconnectNow } from '@/features/events/sync';
import { moment } from '@/shared/format';

/** Cuts shorter than this are not worth a word, in milliseconds. */
const patience = 500;

export function ConnectionBar() {
  const connection = useEvents((state) => state.connection);
  const seenAt = useEvents((state) => state.seenAt);
  const isLive = connection.phase === 'live';
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    setLong(false);
    if (isLive) return;
    const timer = setTimeout(() => setLong(true), patience);
    return () => clearTimeout(timer);
  }, [isLive]);
  if (isLive || !isLong) return null;
  return (
    <div className="connection-bar" role="status" data-testid="connection">
      <span>
        <span className="pulse" aria-hidden="true" /> {wordsFor(connection, seenAt)}
      </span>
      <button type="button" aria-label="Connect now" onClick={reconnectNow}>
        now
      </button>
    </div>
  );
}

function wordsFor(connection: Connection, seenAt: number | null): string {
  const reason =
    connection.phase === 'reconnecting' && connection.reason !== null ? ` ${connection.reason}` : '';
  // What is shown is from an earlier visit.
  if (seenAt !== null) return `offline: as of ${moment(seenAt)}${reason}`;
  return connection.phase === 'connecting' ? 'connecting…' : `reconnecting…${reason}`;
}
