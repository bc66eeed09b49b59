/** Keeps a scrolling box at its end while the reader is at its end. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** This near to the end counts as being there, in pixels. */
const near = 48;

/** `key` names what is shown: with another one the box begins at its end again. */
export function useFollow(key: string) {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const pinned = useRef(true);
  const [following, setFollowing] = useState(true);

  const setPinned = useCallback((value: boolean) => {
    pinned.current = value;
    setFollowing(value);
  }, []);

  const toEnd = useCallback(() => {
    const box = scroller.current;
    if (box) box.scrollTop = box.scrollHeight;
  }, []);

  const follow = useCallback(() => {
    setPinned(true);
    toEnd();
  }, [setPinned, toEnd]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation begins at its end.
  useLayoutEffect(() => follow(), [follow, key]);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    if (!box || !inner) return;
    let lastTop = box.scrollTop;
    let lastHeight = box.scrollHeight;
    const onScroll = () => {
      const atEnd = box.scrollHeight - box.clientHeight - box.scrollTop < near;
      // Going up is the reader's doing, unless the content became shorter under it.
      const wentUp = box.scrollTop < lastTop - 1 && box.scrollHeight >= lastHeight;
      lastTop = box.scrollTop;
      lastHeight = box.scrollHeight;
      if (atEnd) setPinned(true);
      else if (wentUp) setPinned(false);
    };
    const observer = new ResizeObserver(() => {
      if (pinned.current) toEnd();
      lastHeight = box.scrollHeight;
    });
    box.addEventListener('scroll', onScroll, { passive: true });
    observer.observe(inner);
    // The box itself changes with the keyboard and the composer.
    observer.observe(box);
    return () => {
      box.removeEventListener('scroll', onScroll);
      observer.disconnect();
    };
  }, [setPinned, toEnd]);

  return { scroller, content, following, follow };
}
