/** What somebody wrote, kept by this browser: where it is refused, as when there is no room left, the page says so. */
import { create } from 'zustand';
import { remember } from './storage';

/** What could not be kept and has not been since, by its key. */
export const useRefused = create<{ keys: readonly string[] }>(() => ({ keys: [] }));

export function keep(key: string, value: string | null): void {
  noteKept(key, remember(key, value));
}

/** Of what is kept elsewhere than in `storage.ts`. */
export function noteKept(key: string, isKept: boolean): void {
  const { keys } = useRefused.getState();
  if (isKept !== keys.includes(key)) return;
  useRefused.setState({ keys: isKept ? keys.filter((each) => each !== key) : [...keys, key] });
}
