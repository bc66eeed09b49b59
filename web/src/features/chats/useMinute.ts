/** The time, told anew each minute: for ages that are shown in minutes. */
import { useEffect, useState } from 'react';

const minute = 60_000;

export function useMinute(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), minute);
    return () => clearInterval(timer);
  }, []);
  return now;
}
