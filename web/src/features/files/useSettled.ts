/** A value that somebody types, once they pause. */
import { useEffect, useState } from 'react';

/** In milliseconds. */
const pause = 200;

export function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
