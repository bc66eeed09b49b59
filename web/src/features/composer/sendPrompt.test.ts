import { beforeEach, expect, it, vi } from 'vitest';

const kept = new Map<string, string>();
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
  removeItem: (key: string) => kept.delete(key),
});
const target = { session: 'ses_1', directory: '/d', model: null, mode: 'build' };

/** A server that stores what is sent, but of which no answer arrives. */
const stored: string[] = [];
vi.stubGlobal('fetch', async (path: string, { body }: { body: string | null }) => {
  if (body !== null) {
    stored.push(JSON.parse(body).messageID);
    throw new TypeError('Failed to fetch');
  }
  const known = stored.includes(path.split('/').pop() ?? '');
  return new Response(known ? '{}' : '{"name":"NotFound"}', { status: known ? 200 : 404 });
});

async function openPage() {
  vi.resetModules();
  return import('./sendPrompt');
}

beforeEach(() => kept.clear());

it('a prompt that arrived unseen is not sent twice, not even by a page that was opened anew', async () => {
  const first = await openPage();
  await expect(first.sendPrompt(target, 'once')).rejects.toThrow(/reached/);
  const second = await openPage();
  await second.sendPrompt(target, 'once');
  expect(stored).toHaveLength(1);
  await expect(second.sendPrompt(target, 'another')).rejects.toThrow(/reached/);
  expect(new Set(stored).size).toBe(2);
});
