/**
 * Keeps a tap that was meant for something else from answering: a card comes up where the composer was, under a finger
 * that types. For a moment its buttons are disabled; and a tap that was made before that, but is heard only later
 * because the page was busy, is told by the time of its event.
 */
import { type MouseEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** In milliseconds: longer than it takes to see that something has changed. */
export const settleTime = 400;

/** Whether a tap came before anybody can have meant it. Both are in the time of `performance.now()`. */
export function isAccidental(tappedAt: number, shownAt: number): boolean {
  return tappedAt - shownAt < settleTime;
}

/** `shown` names what stands under the finger: when it changes, the moment begins anew. */
export function useTapGuard(shown: string) {
  const shownAt = useRef(0);
  const [settled, setSettled] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change itself is what is noted.
  useLayoutEffect(() => {
    shownAt.current = performance.now();
  }, [shown]);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(shown), settleTime);
    return () => clearTimeout(timer);
  }, [shown]);
  return {
    /** Whether it takes taps now. */
    isSettled: settled === shown,
    /** For `onClickCapture`, around everything that answers. */
    guard(event: MouseEvent) {
      if (!isAccidental(event.timeStamp, shownAt.current)) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}
