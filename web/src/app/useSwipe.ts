/** Tells a swipe to the side from scrolling, selecting text, and moving a box that scrolls sideways. */
import { type TouchEvent, useRef } from 'react';

/** A swipe goes at least this far, in pixels, and mostly sideways. */
const distance = 64;
const slope = 2;
/** Slower than this it is something else, in milliseconds. */
const duration = 600;

function scrollsSideways(element: Element | null, until: Element): boolean {
  for (let at = element; at && at !== until; at = at.parentElement) {
    if (at.scrollWidth > at.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(at).overflowX))
      return true;
    if (at instanceof HTMLTextAreaElement || at instanceof HTMLDialogElement) return true;
  }
  return false;
}

export function useSwipe({ onLeft, onRight }: { onLeft: () => void; onRight: () => void }) {
  const start = useRef<{ x: number; y: number; at: number } | null>(null);
  return {
    onTouchStart(event: TouchEvent) {
      const touch = event.touches[0];
      const elsewhere =
        event.touches.length !== 1 ||
        !(event.target instanceof Element) ||
        scrollsSideways(event.target, event.currentTarget);
      start.current =
        !touch || elsewhere ? null : { x: touch.clientX, y: touch.clientY, at: event.timeStamp };
    },
    onTouchEnd(event: TouchEvent) {
      const from = start.current;
      const touch = event.changedTouches[0];
      start.current = null;
      if (!from || !touch || event.timeStamp - from.at > duration) return;
      if (getSelection()?.isCollapsed === false) return;
      const across = touch.clientX - from.x;
      const down = Math.abs(touch.clientY - from.y);
      if (Math.abs(across) < distance || Math.abs(across) < slope * down) return;
      if (across > 0) onRight();
      else onLeft();
    },
  };
}
