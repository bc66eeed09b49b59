import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { isPageAddress } from './pageAddresses';

it('is what Caddy serves the page at', () => {
  const caddyfile = readFileSync(new URL('../../../caddy/Caddyfile', import.meta.url), 'utf8');
  const [, rule = ''] = /@page expression `(.*)`/.exec(caddyfile) ?? [];
  const addresses = [...rule.matchAll(/"([^"]+)"/g)].map(([, address = '']) => address);
  expect(addresses.length).toBeGreaterThan(5);
  for (const address of addresses) {
    expect(isPageAddress(address.endsWith('/') && address !== '/' ? `${address}x` : address), address).toBe(
      true,
    );
  }
});

it('is nothing else', () => {
  const others = [
    '/auth/login',
    '/admin/docs',
    '/L3RtcA/session/ses_1',
    '/ocweb/sw.js',
    '/chats',
    '/news',
    '/global/event',
  ];
  for (const other of others) expect(isPageAddress(other), other).toBe(false);
});
