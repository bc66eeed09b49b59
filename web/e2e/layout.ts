// What is wrong with a screen, as far as it can be measured: each finding names the element.
import type { Page } from 'playwright-core';

export interface Misfits {
  /** Beyond the sides of the screen, without being in a box that scrolls sideways. */
  wide: string[];
  /** Can be tapped, but not safely with a thumb. */
  small: string[];
  /** Would make iOS zoom when they get the focus. */
  zooming: string[];
  /** Round, coloured and without a word: a liveness dot. */
  dots: string[];
  /** Not in the typeface of the page. */
  typefaces: string[];
  /** Colour behind everything. */
  background: string;
}

/** Small targets that are meant: `allowed` is a selector of them. */
export function misfits(page: Page, allowed: string): Promise<Misfits> {
  return page.evaluate((excused) => {
    const all = [...document.body.querySelectorAll('*')].filter(
      (element): element is HTMLElement =>
        element instanceof HTMLElement &&
        element.checkVisibility({ visibilityProperty: true, opacityProperty: true }),
    );
    const named = (element: HTMLElement) => {
      const { width, height, left } = element.getBoundingClientRect();
      const words = (element.ariaLabel ?? element.innerText).replaceAll(/\s+/g, ' ').slice(0, 40);
      const size = `${Math.round(width)} x ${Math.round(height)} at ${Math.round(left)}`;
      return `${element.localName}.${[...element.classList].join('.')} “${words}” ${size}`;
    };
    /** Ends where the box around it ends, and can be scrolled there or says “…”. */
    const isKeptIn = (element: HTMLElement) => {
      for (let around = element.parentElement; around; around = around.parentElement) {
        const { overflowX, textOverflow } = getComputedStyle(around);
        const { left, right } = around.getBoundingClientRect();
        const keeps = overflowX === 'auto' || overflowX === 'scroll' || textOverflow === 'ellipsis';
        if (keeps && left >= -1 && right <= innerWidth + 1 && !around.matches('.page-body')) return true;
      }
      return false;
    };
    const wide = all.filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 1 && (left < -1 || right > innerWidth + 1) && !isKeptIn(element);
    });

    const targets =
      'a[href], button, input, select, textarea, summary, [role=button], [role=menuitem], [role=option], [role=radio], [role=switch]';
    const small = all.filter((element) => {
      if (!element.matches(targets) || element.matches(excused) || element.matches(':disabled')) return false;
      // The words beside a box can be tapped as well as the box.
      const tapped = element.closest('label') ?? element;
      const bounds = tapped.getBoundingClientRect();
      if (bounds.width <= 1 || bounds.height <= 1) return false;
      // What is as high as its line can reach beyond it.
      const beyond = getComputedStyle(element, '::after');
      const reaches = (side: 'width' | 'height') =>
        beyond.position === 'absolute' ? Number.parseFloat(beyond[side]) : 0;
      const width = Math.max(bounds.width, reaches('width'));
      const height = Math.max(bounds.height, reaches('height'));
      // A link in the middle of words is as high as they are.
      const isInWords =
        element.localName === 'a' &&
        getComputedStyle(element).display === 'inline' &&
        [...(element.parentElement?.childNodes ?? [])].some(
          (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim(),
        );
      return !isInWords && (width < 43.5 || height < 43.5);
    });

    const typed = 'textarea, select, input:not([type=checkbox], [type=radio], [type=file], [type=range])';
    const zooming = all.filter(
      (element) => element.matches(typed) && Number.parseFloat(getComputedStyle(element).fontSize) < 16,
    );

    const dots = all.filter((element) => {
      const { width, height } = element.getBoundingClientRect();
      const { borderRadius, backgroundColor } = getComputedStyle(element);
      const isRound = borderRadius.endsWith('%') || Number.parseFloat(borderRadius) * 2 >= width;
      const isFilled = !/^rgba\(.*, 0\)$|^rgb\(0, 0, 0\)$/.test(backgroundColor);
      const isAlone = element.innerText.trim() === '' && element.closest('[role=switch]') === null;
      return width > 0 && width <= 16 && Math.abs(width - height) <= 1 && isRound && isFilled && isAlone;
    });

    const typefaces = all.filter((element) => !/^"?Consolas/.test(getComputedStyle(element).fontFamily));
    const background = [document.body, document.documentElement]
      .map((element) => getComputedStyle(element).backgroundColor)
      .find((colour) => !/^rgba\(.*, 0\)$/.test(colour));
    return {
      wide: wide.map(named),
      small: small.map(named),
      zooming: zooming.map(named),
      dots: dots.map(named),
      typefaces: typefaces.map(named),
      background: background ?? 'none',
    };
  }, allowed);
}
