import { expect, it } from 'vitest';
import { type DeviceFacts, deviceState, isAppleMobile } from './deviceState';

const able: DeviceFacts = {
  isSecure: true,
  hasPush: true,
  isApple: false,
  isInstalled: false,
  permission: 'default',
  isSubscribed: false,
};

it('says what is in the way, the first thing to mend first', () => {
  const state = (facts: Partial<DeviceFacts>) => deviceState({ ...able, ...facts });
  expect(state({})).toBe('off');
  expect(state({ isSecure: false, hasPush: false, isApple: true })).toBe('insecure');
  expect(state({ hasPush: false, isApple: true, permission: null })).toBe('not_installed');
  expect(state({ hasPush: false, isApple: true, isInstalled: true, permission: null })).toBe('unsupported');
  expect(state({ hasPush: false, permission: null })).toBe('unsupported');
  expect(state({ permission: 'denied', isSubscribed: true })).toBe('blocked');
  expect(state({ permission: 'granted', isSubscribed: true })).toBe('on');
  // The permission was taken back, or the subscription ended.
  expect(state({ permission: 'default', isSubscribed: true })).toBe('off');
  expect(state({ permission: 'granted' })).toBe('off');
});

it('knows an iPad that says it is a Mac', () => {
  const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15';
  expect(isAppleMobile(mac, 5)).toBe(true);
  expect(isAppleMobile(mac, 0)).toBe(false);
  expect(isAppleMobile('Mozilla/5.0 (Linux; Android 15) Chrome/140.0', 5)).toBe(false);
});
