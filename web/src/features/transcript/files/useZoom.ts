/** Pinching, double taps and the keys + and −: they zoom what is in a box that scrolls. */
import { type KeyboardEvent, type MouseEvent, type Touch, type TouchEvent, useRef } from 'react';
import { distance, middle, type View, zoomed } from './zoom';

/** What a double tap and a key do. */
const closeUp = 3;
const step = 1.4;

export function useZoom() {
  const box = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const scale = useRef(1);
  /** The pinch that goes on: the view and the distance of the fingers at its beginning. */
  const pinch = useRef<{ view: View; distance: number } | null>(null);

  function view(): View {
    return { scale: scale.current, left: box.current?.scrollLeft ?? 0, top: box.current?.scrollTop ?? 0 };
  }
  /** The React state stays out of it: a pinch changes the picture with each frame. */
  function show(next: View): void {
    scale.current = next.scale;
    if (!box.current || !content.current) return;
    content.current.style.width = `${next.scale * 100}%`;
    content.current.style.height = `${next.scale * 100}%`;
    box.current.scrollLeft = next.left;
    box.current.scrollTop = next.top;
  }
  function inBox({ clientX, clientY }: { clientX: number; clientY: number }) {
    const { left = 0, top = 0 } = box.current?.getBoundingClientRect() ?? {};
    return { x: clientX - left, y: clientY - top };
  }
  function fingers(touches: { [index: number]: Touch; length: number }) {
    const [first, second] = [touches[0], touches[1]];
    return touches.length === 2 && first && second ? ([inBox(first), inBox(second)] as const) : null;
  }
  const handlers = {
    onTouchStart(event: TouchEvent) {
      const two = fingers(event.touches);
      pinch.current = two && { view: view(), distance: distance(...two) };
    },
    onTouchMove(event: TouchEvent) {
      const two = fingers(event.touches);
      const begun = pinch.current;
      if (!two || !begun) return;
      show(zoomed(begun.view, (begun.view.scale * distance(...two)) / begun.distance, middle(...two)));
    },
    onTouchEnd() {
      pinch.current = null;
    },
    onDoubleClick(event: MouseEvent) {
      show(zoomed(view(), scale.current > 1 ? 1 : closeUp, inBox(event)));
    },
    onKeyDown(event: KeyboardEvent) {
      const factor = event.key === '+' ? step : event.key === '-' ? 1 / step : 1;
      const { clientWidth = 0, clientHeight = 0 } = box.current ?? {};
      if (factor !== 1)
        show(zoomed(view(), scale.current * factor, { x: clientWidth / 2, y: clientHeight / 2 }));
    },
  };
  return { box, content, handlers };
}
