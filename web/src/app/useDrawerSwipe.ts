/**
 * Opens and closes the drawer by a swipe: it follows the finger. A swipe yields to text that is being selected, to
 * what scrolls or is moved sideways by itself, to fields and dialogs, and to the system's gesture at the edge.
 */
import { type RefObject, type TouchEvent, useRef } from 'react';
import { endsOpen, mayBegin, movement, type Point, placeOf } from './swipe';

const ownGesture = 'input, textarea, select, dialog, [contenteditable], [role="slider"]';

/** Whether the element, or one that it is in, is moved sideways by a finger itself. */
function isMovedSideways(element: Element, within: Element): boolean {
  if (element.closest(ownGesture) !== null) return true;
  for (let at: Element | null = element; at && at !== within; at = at.parentElement) {
    if (at.scrollWidth > at.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(at).overflowX))
      return true;
  }
  return false;
}

const isSelecting = () => getSelection()?.isCollapsed === false;
/** There the drawer is always open. */
const isWide = () => matchMedia('(min-width: 900px)').matches;

interface Swipe {
  from: Point;
  /** Null until it is one. */
  drag: { width: number; place: number } | null;
  /** The last two places of the finger, for its speed. */
  before: { x: number; at: number };
  last: { x: number; at: number };
}

interface Parts {
  drawer: RefObject<HTMLElement | null>;
  scrim: RefObject<HTMLElement | null>;
}

export function useDrawerSwipe({ drawer, scrim }: Parts, isOpen: boolean, setOpen: (open: boolean) => void) {
  const swipe = useRef<Swipe | null>(null);

  function draw(place: number, width: number): void {
    drawer.current?.style.setProperty('transform', `translateX(${place}px)`);
    scrim.current?.style.setProperty('opacity', String(1 + place / width));
  }

  /** Gives the drawer back to the style sheet, which moves it the rest of the way. */
  function release(): void {
    swipe.current = null;
    for (const { current } of [drawer, scrim]) {
      current?.classList.remove('dragged');
      current?.style.removeProperty('transform');
      current?.style.removeProperty('opacity');
    }
  }

  return {
    onTouchStart(event: TouchEvent) {
      if (swipe.current?.drag) release();
      swipe.current = null;
      const touch = event.touches[0];
      if (!touch || event.touches.length !== 1 || !(event.target instanceof Element)) return;
      const from = { x: touch.clientX, y: touch.clientY };
      if (isWide() || isSelecting() || !mayBegin(from.x, innerWidth)) return;
      if (isMovedSideways(event.target, event.currentTarget)) return;
      const at = { x: from.x, at: event.timeStamp };
      swipe.current = { from, drag: null, before: at, last: at };
    },

    onTouchMove(event: TouchEvent) {
      const touch = event.touches[0];
      const current = swipe.current;
      if (!current || !touch) return;
      if (event.touches.length !== 1 || isSelecting()) {
        release();
        return;
      }
      const to = { x: touch.clientX, y: touch.clientY };
      if (!current.drag) {
        const went = movement(current.from, to);
        if (went === 'none') return;
        const width = drawer.current?.offsetWidth ?? 0;
        if (went !== (isOpen ? 'left' : 'right') || width === 0) {
          swipe.current = null;
          return;
        }
        current.drag = { width, place: isOpen ? 0 : -width };
        for (const part of [drawer, scrim]) part.current?.classList.add('dragged');
      }
      current.before = current.last;
      current.last = { x: to.x, at: event.timeStamp };
      current.drag.place = placeOf(isOpen, to.x - current.from.x, current.drag.width);
      draw(current.drag.place, current.drag.width);
    },

    onTouchEnd() {
      const current = swipe.current;
      if (!current?.drag) {
        swipe.current = null;
        return;
      }
      const { before, last, drag } = current;
      const speed = (last.x - before.x) / Math.max(1, last.at - before.at);
      setOpen(endsOpen(drag.place, drag.width, speed));
      release();
    },

    onTouchCancel: release,
  };
}
