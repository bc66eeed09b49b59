import { describe, expect, it } from 'vitest';
import { describeSubscription } from './subscription';

const agent = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1';

describe('a subscription for the server', () => {
  it('has the address, both keys and a name', () => {
    const json = {
      endpoint: 'https://push.example/1',
      expirationTime: null,
      keys: { p256dh: 'P', auth: 'A' },
    };
    expect(describeSubscription({ toJSON: () => json }, agent)).toEqual({
      endpoint: 'https://push.example/1',
      keys: { p256dh: 'P', auth: 'A' },
      device: 'Safari on iPhone',
    });
  });

  it('is refused without its keys', () => {
    expect(() =>
      describeSubscription({ toJSON: () => ({ endpoint: 'https://push.example/1' }) }, agent),
    ).toThrow();
  });
});
