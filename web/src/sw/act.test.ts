import { expect, it } from 'vitest';
import { act } from './act';

function answering(status: number, body: string): typeof fetch {
  return async () => new Response(body, { status });
}

it('sends the capability and nothing else', async () => {
  const sent: unknown[] = [];
  await act('secret', async (address, init) => {
    sent.push(address, init?.method, init?.body, init?.credentials);
    return new Response('{}');
  });
  expect(sent).toEqual(['/admin/notifications/act', 'POST', 'secret', 'omit']);
});

it('says what came of it', async () => {
  expect(await act('c', answering(200, '{"outcome":"approved"}'))).toBe('Allowed once.');
  expect(await act('c', answering(200, '{"outcome":"rejected"}'))).toBe('Rejected.');
  expect(await act('c', answering(200, ''))).toBe('Answered.');
  expect(await act('c', answering(410, '{"detail":"This was answered already."}'))).toBe(
    'Not answered: This was answered already.',
  );
  expect(await act('c', answering(503, '<html>'))).toBe('Not answered: the server answered 503.');
});

it('says when nobody could be reached', async () => {
  const offline = async () => {
    throw new TypeError('Failed to fetch');
  };
  expect(await act('c', offline)).toMatch(/cannot be reached/);
});
