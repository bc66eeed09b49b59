import { describe, expect, it } from 'vitest';
import { notificationOf, outcomeOf, pathOf, readMemory, readPayload } from './payload';

const origin = 'https://ocweb.example';
const pushed = {
  title: 'Parser needs you',
  body: 'May it run `cargo test`?',
  tag: 'per_1',
  url: '/chat/ses_1',
  badge: 2,
  actions: [
    { action: 'once', title: 'Allow once', capability: 'c1' },
    { action: 'reject', title: 'Reject', capability: 'c2' },
  ],
};

describe('a push', () => {
  it('becomes a notification that keeps its capabilities out of sight', () => {
    const payload = readPayload(JSON.stringify(pushed), origin);
    expect(payload.badge).toBe(2);
    const options = notificationOf(payload);
    expect(options).toMatchObject({ body: pushed.body, tag: pushed.tag });
    expect(options.actions).toEqual([
      { action: 'once', title: 'Allow once' },
      { action: 'reject', title: 'Reject' },
    ]);
    expect(readMemory(structuredClone(options.data), 'Parser needs you')).toEqual({
      title: 'Parser needs you',
      path: '/chat/ses_1',
      capabilities: { once: 'c1', reject: 'c2' },
    });
  });

  it('shows something whatever came', () => {
    for (const broken of [
      '',
      'not json',
      'null',
      '[]',
      '{"title":7,"actions":[{"action":"once"}],"badge":-1}',
    ]) {
      expect(readPayload(broken, origin)).toEqual({
        title: 'ocweb',
        body: 'Something happened in a chat.',
        tag: 'ocweb',
        path: '/inbox',
        badge: null,
        actions: [],
      });
    }
  });
});

it('opens addresses of its own origin only', () => {
  expect(pathOf('/chat/ses_1?a=b#c', origin)).toBe('/chat/ses_1?a=b#c');
  expect(pathOf(`${origin}/inbox`, origin)).toBe('/inbox');
  for (const other of [
    'https://elsewhere.example/x',
    '//elsewhere.example',
    'javascript:alert(1)',
    7,
    undefined,
  ]) {
    expect(pathOf(other, origin)).toBe('/inbox');
  }
});

it('tells the outcome, and offers no answer twice', () => {
  const { data } = notificationOf(readPayload(JSON.stringify(pushed), origin));
  expect(outcomeOf(pushed.tag, data, 'Allowed once.')).toMatchObject({
    body: 'Allowed once.',
    tag: `${pushed.tag}-outcome`,
    silent: true,
    actions: [],
    data: { path: '/chat/ses_1', capabilities: {} },
  });
});

it('survives what another worker remembered', () => {
  for (const data of [null, 'x', {}, { capabilities: { once: 1 } }]) {
    expect(readMemory(data, 't')).toEqual({ title: 't', path: '/inbox', capabilities: {} });
  }
});
