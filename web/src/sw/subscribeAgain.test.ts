import { expect, it } from 'vitest';
import { bytesOf } from '@/shared/push/encoding';
import { subscribeAgain } from './subscribeAgain';

const json = { endpoint: 'https://push.example/1', keys: { p256dh: 'P', auth: 'A' } };
const subscription = { options: { applicationServerKey: bytesOf('AAAA').buffer }, toJSON: () => json };
const manager = { getSubscription: async () => subscription } as unknown as PushManager;

function answering(statuses: Record<string, number>, told: string[] = []): typeof fetch {
  return async (address, options) => {
    const name = String(address).split('/').pop() ?? '';
    if (options?.body) told.push(String(options.body));
    return Response.json({ web_push: { public_key: 'AAAA' } }, { status: statuses[name] ?? 500 });
  };
}

it('gives the server what the browser has now', async () => {
  const told: string[] = [];
  await subscribeAgain(manager, 'Safari iPhone', answering({ settings: 200, subscriptions: 201 }, told));
  expect(told.map((body) => JSON.parse(body))).toEqual([{ ...json, device: 'Safari on iPhone' }]);
});

it.each([{ settings: 401 }, { settings: 200, subscriptions: 401 }, { settings: 200, subscriptions: 507 }])(
  'has failed when the server has not taken it %#',
  async (statuses) => {
    await expect(subscribeAgain(manager, '', answering(statuses))).rejects.toThrow(/refused/);
  },
);
