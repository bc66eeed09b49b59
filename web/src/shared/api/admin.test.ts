import { afterEach, describe, expect, it, vi } from 'vitest';
import { admin } from './admin';

afterEach(() => vi.unstubAllGlobals());

const prompt = { id: 'msg_1', text: 'hello' };
const chat = { id: 'ses_1', repo: 'o/r', prompt };

function answering(body: string, status: number) {
  const asked = vi.fn(async (_: string, _options: RequestInit) => new Response(body, { status }));
  vi.stubGlobal('fetch', asked);
  return asked;
}

describe('what is handed over', () => {
  it('has arrived when ocweb says so, and is not given to where a redirect leads', async () => {
    const asked = answering('{"id":"msg_1","state":"waiting"}', 202);
    await admin.handOver('ses_1', prompt);
    expect(asked.mock.calls[0]?.[1].redirect).toBe('error');
    answering('{"id":"ses_1","prompts":[]}', 202);
    await admin.createChat(chat);
  });

  it.each([
    ['{"id":"msg_1"}', 200],
    ['<!doctype html>', 200],
    ['<!doctype html>', 202],
    ['{"id":"msg_2"}', 202],
    ['null', 202],
  ])('has not when %s is answered with %i', async (body, status) => {
    answering(body, status);
    await expect(admin.handOver('ses_1', prompt)).rejects.toMatchObject({ status });
    await expect(admin.createChat(chat)).rejects.toMatchObject({ status });
  });
});
