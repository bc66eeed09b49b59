/** Whether something has come near the screen: until then it need not be drawn. */
import { type RefObject, useEffect, useState } from 'react';

/** How far from the screen it begins to be drawn. */
const distance = '1000px 0px';

export function useNear(element: RefObject<Element | null>): boolean {
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    if (isNear || !element.current) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setNear(true);
      },
      { root: element.current.closest('.page-body'), rootMargin: distance },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, isNear]);
  return isNear;
}
