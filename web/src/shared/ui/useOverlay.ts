/** The page's own overlays: see `shared/overlay.ts`. */
import { useEffect, useRef } from 'react';
import { navigate } from 'wouter/use-browser-location';
import { createOverlays, type NavigateOptions } from '@/shared/overlay';

const overlays = createOverlays({
  history,
  navigate,
  later: queueMicrotask.bind(globalThis),
  after: (milliseconds, act) => void setTimeout(act, milliseconds),
});

addEventListener('popstate', () => overlays.popped());

/** Navigates; what lies over the page is left behind. The router is given this one. */
export function goTo(to: string, options?: NavigateOptions): void {
  overlays.goTo(to, options);
}

/** Has "back" close something, as long as it `isOpen`. */
export function useOverlay(onClose: () => void, isOpen = true): void {
  const close = useRef(onClose);
  useEffect(() => {
    close.current = onClose;
  }, [onClose]);
  useEffect(() => (isOpen ? overlays.add(() => close.current()) : undefined), [isOpen]);
}
