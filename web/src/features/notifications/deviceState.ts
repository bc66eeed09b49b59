/** Whether this device can be told by Web Push, and what is in the way. Pure. */

export interface DeviceFacts {
  /** https, or localhost. */
  isSecure: boolean;
  /** Whether the browser has service workers, push and notifications. */
  hasPush: boolean;
  /** An iPhone or iPad, where only the installed app has push. */
  isApple: boolean;
  isInstalled: boolean;
  permission: NotificationPermission | null;
  isSubscribed: boolean;
}

export type DeviceState = 'insecure' | 'not_installed' | 'unsupported' | 'blocked' | 'off' | 'on';

export function deviceState(facts: DeviceFacts): DeviceState {
  if (!facts.isSecure) return 'insecure';
  if (!facts.hasPush) return facts.isApple && !facts.isInstalled ? 'not_installed' : 'unsupported';
  if (facts.permission === 'denied') return 'blocked';
  return facts.isSubscribed && facts.permission === 'granted' ? 'on' : 'off';
}

/** An iPad says that it is a Mac; a Mac cannot be touched. */
export function isAppleMobile(agent: string, touchPoints: number): boolean {
  return /iPhone|iPad|iPod/.test(agent) || (agent.includes('Macintosh') && touchPoints > 1);
}

/** What to do, where something is in the way. */
export const obstacles: Record<Exclude<DeviceState, 'on' | 'off'>, string> = {
  insecure:
    'This page was opened over plain http. Browsers allow notifications only over https, or on localhost: open it at its https address.',
  not_installed:
    'On iPhone and iPad only the installed app can be told (iOS 16.4 or later). In Safari tap Share, then “Add to Home Screen”, open ocweb from there, and turn this on in it.',
  unsupported: 'This browser has no Web Push. Use ntfy on this device, or another browser.',
  blocked:
    'Notifications are blocked for this address. Allow them where the browser keeps its settings for this site (on iPhone: Settings, Notifications, ocweb), then come back.',
};
