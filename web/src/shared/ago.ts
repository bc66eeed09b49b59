// Apart from the other formats, as nothing on the first page says it.
import { age } from './format';

/** How long ago that was: "just now", "5m ago". Another clock may be a little ahead of ours. */
export function ago(milliseconds: number): string {
  const length = age(milliseconds);
  return length === 'now' ? 'just now' : `${length} ago`;
}
