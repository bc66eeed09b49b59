/**
 * Keeps the page in what the keyboard leaves free, also where the browser does not resize the layout for it (iOS, which
 * lays the keyboard over the page and moves what is seen of it): three variables in the style sheet say where that is.
 */

/** What is seen of the page, in its pixels. */
export type Seen = Pick<VisualViewport, 'height' | 'offsetTop' | 'scale'>;

export interface Room {
  top: number;
  height: number;
  /** What is hidden at the bottom. */
  below: number;
  /** Whether that is a keyboard; a browser's own bars are smaller. */
  isTyping: boolean;
}

/** No keyboard is lower, in pixels. */
const lowestKeyboard = 120;

/** Where the page is to be; null while it is enlarged with two fingers: then it stays as it was, and is moved about. */
export function roomFor({ height, offsetTop, scale }: Seen, layoutHeight: number): Room | null {
  if (scale > 1.01) return null;
  const top = Math.max(0, Math.round(offsetTop));
  const seen = Math.round(height);
  const below = Math.max(0, Math.round(layoutHeight) - top - seen);
  return { top, height: seen, below, isTyping: layoutHeight - seen >= lowestKeyboard };
}

export function followVisualViewport(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const { documentElement: root } = document;
  let written = '';
  let isWaiting = false;
  const apply = () => {
    isWaiting = false;
    // iOS scrolls the whole document to reveal a field; the page is already where it should be.
    if (window.scrollY !== 0) window.scrollTo(0, 0);
    const room = roomFor(viewport, window.innerHeight);
    const text = JSON.stringify(room);
    if (room === null || text === written) return;
    written = text;
    root.style.setProperty('--app-top', `${room.top}px`);
    root.style.setProperty('--app-height', `${room.height}px`);
    root.style.setProperty('--app-below', `${room.below}px`);
    root.toggleAttribute('data-typing', room.isTyping);
  };
  // Several are told while a keyboard comes up: one frame, one change.
  const later = () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(apply);
  };
  viewport.addEventListener('resize', later);
  viewport.addEventListener('scroll', later);
  apply();
}

/** Whether the main pointer is a mouse: then Enter sends. */
export function hasFinePointer(): boolean {
  return window.matchMedia('(pointer: fine)').matches;
}
