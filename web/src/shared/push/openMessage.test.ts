import { expect, it } from 'vitest';
import { openMessage, pathToOpen } from './openMessage';

it('reads what it wrote', () => {
  expect(pathToOpen(structuredClone(openMessage('/chat/ses_1')))).toBe('/chat/ses_1');
});

it('opens nothing else', () => {
  const others = [null, 'text', {}, { kind: 'ocweb.open' }, { kind: 'other', path: '/inbox' }];
  for (const other of others) expect(pathToOpen(other)).toBeNull();
  for (const path of ['https://elsewhere', '//elsewhere', '/\\elsewhere', 'javascript:0', '']) {
    expect(pathToOpen(openMessage(path))).toBeNull();
  }
});
