/** Says in one line what the chat is doing, at the end of the conversation. */
import { useEffect, useState } from 'react';
import { useEvents } from '@/features/events/store';
import { isInterrupted } from '@/features/events/transcript';
import type { ChatView } from '@/shared/api/relay';
import { duration } from '@/shared/format';
import { Words } from './ErrorNotice';
import { explainSentence } from './errors';

export function Activity({ session }: { session: string }) {
  const chat = useEvents((state) => state.chats[session]);
  return chat ? <ChatActivity chat={chat} /> : <SubagentActivity session={session} />;
}

function ChatActivity({ chat }: { chat: ChatView }) {
  // An error that a message carries is shown there.
  const carried = useEvents((state) => {
    const transcript = state.transcripts[chat.id];
    const last = transcript?.entries[transcript.order.at(-1) ?? '']?.info;
    return last?.role === 'assistant' && last.error !== undefined;
  });
  const { state, error, retry, run } = chat;
  switch (state) {
    case 'retrying':
      return (
        <div className="notice warn" role="status">
          <Words explained={explainSentence(error?.detail ?? error?.title ?? 'No reason was given.')} />
          {retry && (
            <span>
              Attempt {retry.attempt} <Countdown to={retry.next_at} />, by itself.
            </span>
          )}
        </div>
      );
    case 'needs_you':
      return (
        <p className="activity needs-you" role="status">
          waiting for you
        </p>
      );
    case 'working':
      return <Working since={run ? Date.parse(run.started_at) : undefined} />;
    case 'failed':
      if (carried || error === null) return null;
      return (
        <div className="notice bad" role="alert">
          <Words explained={explainSentence(error.detail || error.title)} />
        </div>
      );
    default:
      return null;
  }
}

/** A subagent's work is no chat of its own: it runs while its last answer has no end. */
function SubagentActivity({ session }: { session: string }) {
  const since = useEvents((state) => {
    const transcript = state.transcripts[session];
    const last = transcript?.order.at(-1) ?? '';
    const info = transcript?.entries[last]?.info;
    const isOpen = info?.role === 'assistant' && info.time.completed === undefined && !info.error;
    return isOpen && !isInterrupted(transcript, last) ? info.time.created : null;
  });
  return since === null ? null : <Working since={since} />;
}

function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** `since` is when it began, by the server's clock. */
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

function Countdown({ to }: { to: string | null }) {
  const seconds = Math.ceil((Date.parse(to ?? '') - useNow()) / 1_000);
  return seconds > 0 ? `in ${seconds}s` : 'now';
}
