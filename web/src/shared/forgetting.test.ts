// @vitest-environment happy-dom
import { expect, it } from 'vitest';
import { forgetEverything } from './forgetting';
import { recall, remember } from './storage';

it('nothing is left, and nothing is written any more', async () => {
  const dropped: string[] = [];
  const closed: string[] = [];
  Object.defineProperty(globalThis, 'indexedDB', {
    value: {
      databases: async () => [{ name: 'ocweb' }, { name: 'ocweb.drafts' }, { name: 'of-somebody-else' }],
      deleteDatabase(name: string) {
        dropped.push(name);
        const request: { onsuccess?: () => void } = {};
        queueMicrotask(() => request.onsuccess?.());
        return request;
      },
    },
  });
  Object.defineProperty(navigator, 'clearAppBadge', { value: async () => void closed.push('badge') });
  Object.defineProperty(navigator, 'serviceWorker', {
    value: {
      getRegistrations: async () => [
        { getNotifications: async () => [{ close: () => closed.push('notification') }] },
      ],
    },
  });
  remember('draft.new', 'something private');
  localStorage.setItem('of-somebody-else', 'stays');
  await forgetEverything();
  expect(recall('draft.new')).toBeNull();
  expect(localStorage.getItem('of-somebody-else')).toBe('stays');
  expect(dropped).toEqual(['ocweb', 'ocweb.drafts']);
  expect(closed).toEqual(['badge', 'notification']);
  // What is written as the page ends, too.
  remember('draft.new', 'once more');
  expect(recall('draft.new')).toBeNull();
});
