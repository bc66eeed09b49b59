/** Loads what was said before, by itself, long before the reader gets there. */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react';
import { useEvents } from '@/features/events/store';
import { loadEarlier } from '@/features/events/sync';
import { explain } from '@/shared/http';
import { Failure } from '@/shared/ui/Notice';

/** How far above what is seen the beginning of what is here may come near, in pixels: some three screens of a phone. */
const ahead = 2400;

type State = { type: 'idle' } | { type: 'loading' } | { type: 'failed'; reason: string };

export function Earlier({ session, scroller }: { session: string; scroller: RefObject<HTMLElement | null> }) {
  const before = useEvents((state) => state.transcripts[session]?.before ?? null);
  const [state, setState] = useState<State>({ type: 'idle' });
  const mark = useRef<HTMLDivElement>(null);

  const load = useCallback(async () => {
    setState({ type: 'loading' });
    try {
      await loadEarlier(session);
      setState({ type: 'idle' });
    } catch (error) {
      setState({ type: 'failed', reason: explain(error) });
    }
  }, [session]);

  // Observed anew with each page, as it may still be near.
  useEffect(() => {
    const element = mark.current;
    if (before === null || state.type !== 'idle' || !element) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting) void load();
      },
      { root: scroller.current, rootMargin: `${ahead}px 0px 0px` },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [before, state, load, scroller]);

  if (before === null) return null;
  return (
    <div ref={mark} className="earlier">
      {state.type === 'failed' ? (
        <Failure what="Earlier messages could not be loaded." error={state.reason} onRetry={load} />
      ) : (
        <p className="dim" role="status">
          {state.type === 'loading' && 'loading earlier messages'}
        </p>
      )}
    </div>
  );
}
