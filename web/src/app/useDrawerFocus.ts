/** Who uses a keyboard is in the drawer while it is open, and nowhere in it while it is not. Escape and back close it. */
import { type RefObject, useEffect, useSyncExternalStore } from 'react';
import { useOverlay } from '@/shared/ui/useOverlay';

const wide = matchMedia('(min-width: 900px)');

function onWidth(changed: () => void): () => void {
  wide.addEventListener('change', changed);
  return () => wide.removeEventListener('change', changed);
}

/** Whether there is room for the drawer beside the page: then it is always there. */
export function useIsWide(): boolean {
  return useSyncExternalStore(onWidth, () => wide.matches);
}

export function useDrawerFocus(
  panel: RefObject<HTMLElement | null>,
  isOpen: boolean,
  onClose: () => void,
): void {
  const isWide = useIsWide();
  const isOver = isOpen && !isWide;
  useOverlay(onClose, isOver);
  useEffect(() => {
    if (panel.current) panel.current.inert = !isOpen && !isWide;
  }, [panel, isOpen, isWide]);
  useEffect(() => {
    if (!isOver) return;
    const before = document.activeElement;
    panel.current?.querySelector<HTMLElement>('a, button')?.focus({ preventScroll: true });
    return () => {
      // Back to where it was, unless something else has it by now.
      const isFree =
        document.activeElement === document.body || panel.current?.contains(document.activeElement);
      if (isFree && before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, [panel, isOver]);
  useEffect(() => {
    if (!isOver) return;
    const onKey = (event: KeyboardEvent) => {
      // A sheet over the drawer has its own.
      if (event.key === 'Escape' && document.querySelector('dialog[open]') === null) onClose();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [isOver, onClose]);
}
