/** Shows fresh changes without moving what is being read. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';

/** A line that is in sight, and how far from the top of the scrolling box, in pixels. */
interface Anchor {
  path: string;
  /** Where the file's section is, should the line be gone. */
  sectionTop: number;
  line: { text: string; index: number; top: number } | null;
}

const pathOf = (section: HTMLElement) => section.dataset.path ?? '';

function texts(section: HTMLElement): HTMLElement[] {
  return [...section.querySelectorAll<HTMLElement>('.diff-line .diff-text')];
}

function findAnchor(scroller: HTMLElement): Anchor | null {
  const top = scroller.getBoundingClientRect().top;
  const topOf = (element: HTMLElement) => element.getBoundingClientRect().top - top;
  const section = [...scroller.querySelectorAll<HTMLElement>('section[data-path]')].find(
    (each) => each.getBoundingClientRect().bottom > top,
  );
  if (!section) return null;
  const lines = texts(section);
  const index = lines.findIndex((line) => topOf(line) >= 0);
  const line = lines[index];
  return {
    path: pathOf(section),
    sectionTop: topOf(section),
    line: line ? { text: line.textContent, index, top: topOf(line) } : null,
  };
}

/** How far what the anchor stands for has moved, in pixels; 0 when it is no more. */
function driftOf(scroller: HTMLElement, { path, sectionTop, line }: Anchor): number {
  const top = scroller.getBoundingClientRect().top;
  const topOf = (element: HTMLElement) => element.getBoundingClientRect().top - top;
  const section = [...scroller.querySelectorAll<HTMLElement>('section[data-path]')].find(
    (each) => pathOf(each) === path,
  );
  if (!section) return 0;
  const same = line
    ? texts(section)
        .map((element, index) => ({ element, distance: Math.abs(index - line.index) }))
        .filter(({ element }) => element.textContent === line.text)
        .sort((a, b) => a.distance - b.distance)[0]
    : undefined;
  return line && same ? topOf(same.element) - line.top : topOf(section) - sectionTop;
}

/** What to show of `fresh`: taken over only after it is known what is in sight, which is then put back there. */
export function useHeldPosition<T>(scroller: RefObject<HTMLElement | null>, fresh: T): T {
  const [shown, setShown] = useState(fresh);
  const anchor = useRef<Anchor | null>(null);
  useEffect(() => {
    if (shown === fresh) return;
    anchor.current = scroller.current && findAnchor(scroller.current);
    setShown(fresh);
  }, [fresh, shown, scroller]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each thing that is shown.
  useLayoutEffect(() => {
    if (anchor.current && scroller.current) {
      scroller.current.scrollTop += driftOf(scroller.current, anchor.current);
    }
    anchor.current = null;
  }, [shown]);
  return shown;
}
