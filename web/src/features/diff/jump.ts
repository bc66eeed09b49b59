/** Going from file to file in the list of changes. */

function sections(scroller: HTMLElement): HTMLElement[] {
  return [...scroller.querySelectorAll<HTMLElement>('section[data-path]')];
}

/** The section that is at the top of what is seen, and how far its top is from there, in pixels. */
export function atTop(scroller: HTMLElement): { index: number; offset: number } | null {
  const top = scroller.getBoundingClientRect().top;
  const all = sections(scroller);
  const index = all.findIndex((section) => section.getBoundingClientRect().bottom > top + 1);
  const section = all[index];
  return section ? { index, offset: section.getBoundingClientRect().top - top } : null;
}

function moveTo(scroller: HTMLElement, section: HTMLElement | undefined): void {
  if (!section) return;
  scroller.scrollTop += section.getBoundingClientRect().top - scroller.getBoundingClientRect().top;
}

export function jumpTo(scroller: HTMLElement, path: string): void {
  moveTo(
    scroller,
    sections(scroller).find((section) => section.dataset.path === path),
  );
}

/** To the file after this one, or to the beginning of this one, then to the one before. */
export function step(scroller: HTMLElement, direction: 1 | -1): void {
  const here = atTop(scroller);
  if (!here) return;
  const isAtBeginning = here.offset > -2;
  const index = direction === 1 ? here.index + 1 : here.index - (isAtBeginning ? 1 : 0);
  moveTo(scroller, sections(scroller)[Math.max(index, 0)]);
}
