import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { bytesOf } from '@/shared/push/encoding';
import { keepSubscribed, ownId } from './thisDevice';

interface Subscription {
  endpoint: string;
  key: string;
}

let current: Subscription | null;
let made: number;
/** The addresses that the server was told. */
let told: string[];
let remembered: Map<string, string>;
/** Another registration, for a part of the addresses. */
let oldWorker: { scope: string; unregister(): Promise<boolean> } | undefined;

function asBrowser({ endpoint, key }: Subscription) {
  return {
    options: { applicationServerKey: bytesOf(key).buffer },
    toJSON: () => ({ endpoint, keys: { p256dh: 'P', auth: 'A' } }),
    unsubscribe: async () => {
      current = null;
      return true;
    },
  };
}

const pushManager = {
  getSubscription: async () => current && asBrowser(current),
  subscribe: async () => {
    if (current) throw new Error('There is one with another key.');
    made += 1;
    current = { endpoint: `https://push.example/new-${made}`, key: 'AAAA' };
    return asBrowser(current);
  },
};

beforeEach(() => {
  current = { endpoint: 'https://push.example/old', key: 'AAAA' };
  made = 0;
  told = [];
  oldWorker = undefined;
  remembered = new Map([['ocweb.push-device', 'old-id']]);
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => remembered.get(key) ?? null,
    setItem: (key: string, value: string) => void remembered.set(key, value),
    removeItem: (key: string) => void remembered.delete(key),
  });
  vi.stubGlobal('Notification', { permission: 'granted' });
  vi.stubGlobal('navigator', {
    userAgent: 'Safari iPhone',
    serviceWorker: {
      register: async () => ({ active: {}, pushManager }),
      getRegistration: async () => oldWorker,
    },
  });
  vi.stubGlobal('location', { origin: 'https://ocweb.example' });
  vi.stubGlobal('fetch', async (address: string, { method, body }: RequestInit) => {
    if (method === 'DELETE') {
      told.push(`end ${address.split('/').at(-1)}`);
      return new Response(null, { status: 204 });
    }
    if (address.endsWith('/settings')) return Response.json({ web_push: { public_key: 'AAAA' } });
    told.push((JSON.parse(String(body)) as { endpoint: string }).endpoint);
    return Response.json({ id: 'new-id' });
  });
});
afterEach(() => vi.unstubAllGlobals());

it('tells the server of the subscription that there is: it may have forgotten it', async () => {
  await keepSubscribed();
  expect(told).toEqual(['https://push.example/old']);
  expect(ownId()).toBe('new-id');
});

it('subscribes anew where the subscription is for another key of the server, or gone', async () => {
  current = { endpoint: 'https://push.example/old', key: 'BBBB' };
  await keepSubscribed();
  current = null;
  await keepSubscribed();
  expect(told).toEqual(['https://push.example/new-1', 'https://push.example/new-2']);
});

it('subscribes nothing that was not turned on here, or is not allowed any more', async () => {
  vi.stubGlobal('Notification', { permission: 'denied' });
  await keepSubscribed();
  vi.stubGlobal('Notification', { permission: 'granted' });
  remembered.clear();
  await keepSubscribed();
  expect(told).toEqual([]);
});

it('ends what the worker of earlier versions was subscribed to, once the new one is', async () => {
  const unregister = vi.fn(async () => true);
  oldWorker = { scope: 'https://ocweb.example/ocweb/', unregister };
  await keepSubscribed();
  expect(unregister).toHaveBeenCalledOnce();
  expect(told).toEqual(['https://push.example/old', 'end old-id']);
  expect(ownId()).toBe('new-id');
});
