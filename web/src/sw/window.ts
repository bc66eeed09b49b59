/** Which window a tap on a notification brings to the front. Pure. */
import { isPageAddress } from '@/shared/pageAddresses';

type Window = Pick<WindowClient, 'url' | 'focused' | 'visibilityState'>;

/** The best window to show `path` in: one that shows it, else one that is seen, else any; null when a new one is needed. */
export function chooseWindow<W extends Window>(windows: readonly W[], path: string): W | null {
  const ours = windows.filter(({ url }) => isPageAddress(new URL(url).pathname));
  return (
    ours.find(({ url }) => new URL(url).pathname === path) ??
    ours.find(({ focused }) => focused) ??
    ours.find(({ visibilityState }) => visibilityState === 'visible') ??
    ours[0] ??
    null
  );
}
