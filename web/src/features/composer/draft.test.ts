import { beforeEach, describe, expect, it, vi } from 'vitest';

const kept = new Map<string, string>();
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
  removeItem: (key: string) => kept.delete(key),
});

/** The module as a page that was just opened has it. */
async function openPage() {
  vi.resetModules();
  return import('./draft');
}

beforeEach(() => kept.clear());

describe('a text that is being sent', () => {
  it('comes back when the page ended before it arrived, with what was typed since', async () => {
    const first = await openPage();
    void first.sendDraft('ses_1', 'do this', () => new Promise(() => undefined));
    first.rememberDraft('ses_1', 'and that');
    expect(first.recallDraft('ses_1')).toBe('and that');

    const second = await openPage();
    const restored = second.recallDraft('ses_1');
    expect(restored).toBe('do this\nand that');
    second.rememberDraft('ses_1', restored);
    expect((await openPage()).recallDraft('ses_1')).toBe('do this\nand that');
  });

  it('is gone once it arrived', async () => {
    const { sendDraft } = await openPage();
    await sendDraft('ses_1', 'do this', () => Promise.resolve());
    expect(kept.size).toBe(0);
  });

  it('is the draft again when it could not be sent, whatever is shown by then', async () => {
    const page = await openPage();
    await expect(page.sendDraft('ses_1', 'do this', () => Promise.reject(new Error('no')))).rejects.toThrow();
    expect(page.recallDraft('ses_1')).toBe('do this');
    expect(page.recallDraft('ses_2')).toBe('');
  });
});
