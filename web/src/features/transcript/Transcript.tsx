/** The conversation: it follows its end while the reader is there, and never moves while the reader is elsewhere. */
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useEvents } from '@/features/events/store';
import { loadEarlier, reloadTranscript, watchTranscript } from '@/features/events/sync';
import { explain } from '@/shared/http';
import { Icon } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Activity } from './Activity';
import { Messages } from './Messages';
import { Stale } from './Stale';
import { useFollow } from './useFollow';

export default function Transcript({
  session,
  directory,
  children,
}: {
  session: string;
  directory: string;
  /** Shown after the last message and what is being done. */
  children?: ReactNode;
}) {
  useEffect(() => watchTranscript(session), [session]);
  const loaded = useEvents((state) => state.transcripts[session]?.loaded ?? false);
  const failure = useEvents((state) => state.transcripts[session]?.failure ?? null);
  const empty = useEvents((state) => state.transcripts[session]?.order.length === 0);
  const { scroller, content, following, follow } = useFollow(session);
  return (
    <div className="transcript-frame">
      <main ref={scroller} className="transcript" data-testid="transcript" aria-label="Conversation">
        <div ref={content} className="transcript-content">
          <Earlier session={session} scroller={scroller} />
          {failure !== null && (
            <Failure
              what="The conversation could not be loaded."
              error={failure}
              onRetry={() => reloadTranscript(session)}
            />
          )}
          {!loaded && failure === null && <Loading what="loading the conversation" />}
          {loaded && empty && <p className="dim">Nothing said yet. What should be done?</p>}
          <Messages session={session} directory={directory} />
          <Activity session={session} />
          <Stale chat={session} />
          {children}
        </div>
      </main>
      {!following && (
        <button type="button" className="to-bottom" aria-label="Scroll to bottom" onClick={follow}>
          <Icon name="down" />
        </button>
      )}
    </div>
  );
}

function Earlier({ session, scroller }: { session: string; scroller: React.RefObject<HTMLElement | null> }) {
  const before = useEvents((state) => state.transcripts[session]?.before ?? null);
  const [state, setState] = useState<'idle' | 'loading' | { failed: string }>('idle');
  const heightBefore = useRef<number | null>(null);
  // The reader keeps looking at the same message while older ones are put above it.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element && heightBefore.current !== null && before !== undefined) {
      element.scrollTop += element.scrollHeight - heightBefore.current;
      heightBefore.current = null;
    }
  }, [before, scroller]);
  if (before === null) return null;
  const load = async () => {
    setState('loading');
    try {
      heightBefore.current = scroller.current?.scrollHeight ?? null;
      await loadEarlier(session);
      setState('idle');
    } catch (error) {
      heightBefore.current = null;
      setState({ failed: explain(error) });
    }
  };
  if (typeof state === 'object') {
    return <Failure what="Earlier messages could not be loaded." error={state.failed} onRetry={load} />;
  }
  return (
    <button type="button" className="button wide" disabled={state === 'loading'} onClick={load}>
      {state === 'loading' ? 'Loading…' : 'Show earlier messages'}
    </button>
  );
}
