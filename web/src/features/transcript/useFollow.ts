/**
 * Keeps what the reader looks at where it is.
 *
 * The box is a reversed column (`transcript.css`): its scroll position counts from the end, so at the end it follows what
 * is added by itself, and what is loaded or grows above does not move what is seen, in any browser and without a script.
 * What is left to do is to hold still when something changes below what is looked at: then the topmost element that is
 * seen is put back to where it was, before it is painted.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** This near to the end counts as being there, in pixels. */
const near = 48;
/** Where an element to hold on to is looked for, in pixels below the upper edge: there may be a gap between two. */
const depths = [2, 26, 60, 120];

/** An element and where its upper edge was. */
interface Anchor {
  element: Element;
  top: number;
}

/** `key` names what is shown: with another one the box begins at its end again. */
export function useFollow(key: string) {
  const scroller = useRef<HTMLElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);

  const follow = useCallback(() => {
    setFollowing(true);
    // Focus stays where it is; the position is the end's.
    if (scroller.current) scroller.current.scrollTop = 0;
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another conversation begins at its end.
  useLayoutEffect(() => follow(), [follow, key]);

  useEffect(() => {
    const box = scroller.current;
    const inner = content.current;
    return box && inner ? holdStill(box, inner, setFollowing) : undefined;
  }, []);

  return { scroller, content, following, follow };
}

function holdStill(box: HTMLElement, inner: HTMLElement, onFollowing: (following: boolean) => void) {
  let anchors: readonly Anchor[] = [];
  /** Where the box ended: the keyboard and the composer move that, and what is seen with it. */
  let bottom = box.getBoundingClientRect().bottom;
  /** Whether the reader has just opened or closed something: its headline stays under the finger, at the end too. */
  let isHeld = false;
  /** The position that was set here: the event that tells of it is not the reader's doing. */
  let own: number | null = null;

  const isAtEnd = () => -box.scrollTop < near;
  const look = () => {
    isHeld = false;
    bottom = box.getBoundingClientRect().bottom;
    anchors = isAtEnd() ? [] : topmost(box, inner);
  };
  const onScroll = () => {
    // What is held on to stays the same then: looked for anew it would drift by parts of a pixel.
    if (box.scrollTop !== own) look();
    own = null;
    onFollowing(isAtEnd());
  };
  const onClick = (event: Event) => {
    const head = event.target instanceof Element ? event.target.closest('[aria-expanded]') : null;
    if (!head) return;
    isHeld = true;
    bottom = box.getBoundingClientRect().bottom;
    anchors = [anchorOf(head)];
  };
  const observer = new ResizeObserver(() => {
    if (isAtEnd() && !isHeld) return;
    const shift = box.getBoundingClientRect().bottom - bottom;
    bottom += shift;
    anchors = anchors.map(({ element, top }) => ({ element, top: top + shift }));
    const anchor = anchors.find(({ element }) => element.isConnected);
    if (!anchor) return look();
    isHeld = false;
    const astray = () => anchor.element.getBoundingClientRect().top - anchor.top;
    const moved = astray();
    if (moved === 0) return;
    box.scrollTop += moved;
    own = box.scrollTop;
    // There is nothing to scroll to: the beginning or the end is reached.
    if (Math.abs(astray()) > 1) look();
  });
  box.addEventListener('scroll', onScroll, { passive: true });
  box.addEventListener('click', onClick, { capture: true });
  observer.observe(inner);
  observer.observe(box);
  return () => {
    box.removeEventListener('scroll', onScroll);
    box.removeEventListener('click', onClick, { capture: true });
    observer.disconnect();
  };
}

function anchorOf(element: Element): Anchor {
  return { element, top: element.getBoundingClientRect().top };
}

/** The topmost element that is seen, and its message: a text that is being written may replace its paragraphs. */
function topmost(box: HTMLElement, inner: HTMLElement): readonly Anchor[] {
  const { left, width, top } = box.getBoundingClientRect();
  for (const depth of depths) {
    const element = document.elementFromPoint(left + width / 2, top + depth);
    const message = element?.closest('article');
    if (element && message && inner.contains(message)) return [anchorOf(element), anchorOf(message)];
  }
  return [];
}
