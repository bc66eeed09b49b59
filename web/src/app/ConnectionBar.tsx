/** Says that the stream is cut and being made anew. Nothing is shown while all is well. */
import { useEffect, useState } from 'react';
import { useEvents } from '@/features/events/store';
import { reconnectNow } from '@/features/events/sync';

/** Cuts shorter than this are not worth a word, in milliseconds. */
const patience = 500;

export function ConnectionBar() {
  const connection = useEvents((state) => state.connection);
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
        <span className="pulse" aria-hidden="true" />{' '}
        {connection.phase === 'connecting' ? 'connecting…' : 'reconnecting…'}
        {connection.phase === 'reconnecting' && connection.reason !== null && ` ${connection.reason}`}
      </span>
      <button type="button" onClick={reconnectNow}>
        now
      </button>
    </div>
  );
}
