/** Says in one line what the session is doing, at the end of the conversation. */
import { useEffect, useState } from 'react';
import { useEvents } from '@/features/events/store';
import { duration } from '@/shared/format';

export function Activity({ session, directory }: { session: string; directory: string }) {
  const status = useEvents((state) => state.statuses[session]?.value);
  const error = useEvents((state) => state.errors[session]);
  // An error that a message carries is shown there.
  const carried = useEvents((state) => {
    const transcript = state.transcripts[session];
    const last = transcript?.entries[transcript.order.at(-1) ?? '']?.info;
    return last?.role === 'assistant' && last.error !== undefined;
  });
  const since = useEvents((state) => {
    const transcript = state.transcripts[session];
    const prompt = transcript?.order.findLast((id) => transcript.entries[id]?.info.role === 'user');
    return transcript?.entries[prompt ?? '']?.info.time.created;
  });
  // Its working copy is the chat's own, so whatever waits in it waits for this chat, subagents included.
  const asks = useEvents((state) =>
    [...Object.values(state.permissions), ...Object.values(state.questions)].some(
      (item) => item.directory === directory,
    ),
  );
  if (status?.type === 'retry') {
    return (
      <div className="notice warn" role="status">
        <span>
          The model failed: {status.message} Attempt {status.attempt + 1} <Countdown to={status.next} />.
        </span>
      </div>
    );
  }
  if (status?.type === 'busy' && asks) {
    return (
      <p className="activity needs-you" role="status">
        waiting for you
      </p>
    );
  }
  if (status?.type === 'busy') return <Working since={since} />;
  if (error !== undefined && !carried) {
    return (
      <p className="notice bad" role="alert">
        {error}
      </p>
    );
  }
  return null;
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** `since` is when the prompt was given, by the server's clock. */
function Working({ since = Number.POSITIVE_INFINITY }: { since: number | undefined }) {
  const elapsed = useNow() - since;
  return (
    <p className="activity" role="status" aria-label="Working">
      <span className="pulse" /> working{elapsed >= 1_000 && ` · ${wholeSeconds(elapsed)}`}
    </p>
  );
}

function wholeSeconds(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  return seconds < 60 ? `${seconds}s` : duration(seconds * 1_000);
}

function Countdown({ to }: { to: number }) {
  const seconds = Math.ceil((to - useNow()) / 1_000);
  return seconds > 0 ? `in ${seconds}s` : 'now';
}
