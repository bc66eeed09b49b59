/** Keeps the page as tall as what the keyboard leaves free, also where the browser does not resize the layout (iOS). */

export function followVisualViewport(): void {
  const viewport = window.visualViewport;
  if (!viewport) return;
  const apply = () => {
    document.documentElement.style.setProperty('--app-height', `${viewport.height}px`);
    // iOS scrolls the whole document to reveal an input; the page is already where it should be.
    if (window.scrollY !== 0) window.scrollTo(0, 0);
  };
  viewport.addEventListener('resize', apply);
  viewport.addEventListener('scroll', apply);
  apply();
}

/** Whether the main pointer is a mouse: then Enter sends. */
export function hasFinePointer(): boolean {
  return window.matchMedia('(pointer: fine)').matches;
}
