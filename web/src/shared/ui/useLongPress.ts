/** A long press (or the right button, or the menu key) on something, told from scrolling and from selecting text. */
import { type MouseEvent, type TouchEvent, useEffect, useRef } from 'react';

/** Shorter than what begins the browser's own selection, in milliseconds. */
const holdTime = 420;
/** A finger that moves further scrolls, in pixels. */
const slack = 10;

/** What has its own meaning for a press. */
const ownPress = 'a, button, input, textarea, select, summary, dialog, [contenteditable], [role="slider"]';

const isSelecting = () => getSelection()?.isCollapsed === false;

export interface LongPressOptions {
  /** Whether a finger on a link counts; a mouse's right button there is the browser's. */
  onLinks?: boolean;
}

/** Handlers for the element; `onPress` is called once for each long press. */
export function useLongPress(onPress: () => void, { onLinks = false }: LongPressOptions = {}) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const start = useRef({ x: 0, y: 0 });
  /** Whether the finger that is down has been answered. */
  const isDone = useRef(false);
  const cancel = () => clearTimeout(timer.current);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    onTouchStart(event: TouchEvent) {
      cancel();
      isDone.current = false;
      const touch = event.touches[0];
      const own = event.target instanceof Element ? event.target.closest(ownPress) : null;
      const isElsewhere = own !== null && !(onLinks && own.matches('a'));
      if (!touch || event.touches.length !== 1 || isElsewhere || isSelecting()) return;
      start.current = { x: touch.clientX, y: touch.clientY };
      timer.current = setTimeout(() => {
        if (isSelecting()) return;
        isDone.current = true;
        onPress();
      }, holdTime);
    },
    onTouchMove(event: TouchEvent) {
      const touch = event.touches[0];
      if (!touch) return;
      const { x, y } = start.current;
      if (Math.hypot(touch.clientX - x, touch.clientY - y) > slack) cancel();
    },
    onTouchEnd(event: TouchEvent) {
      cancel();
      // The tap that would follow is not one.
      if (isDone.current && event.cancelable) event.preventDefault();
    },
    onTouchCancel: cancel,
    onContextMenu(event: MouseEvent) {
      // Android's own long press comes after ours: it would select a word below what was opened.
      if (isDone.current) {
        event.preventDefault();
        isDone.current = false;
        return;
      }
      const isElsewhere = event.target instanceof Element && event.target.closest(ownPress) !== null;
      if (isElsewhere || isSelecting() || matchMedia('(pointer: coarse)').matches) return;
      event.preventDefault();
      onPress();
    },
  };
}
