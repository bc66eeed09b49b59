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

describe('a draft', () => {
  it('is there again when the page is opened anew, for its own chat', async () => {
    (await openPage()).setDraft('ses_1', 'half a thought');
    const page = await openPage();
    page.addToDraft('ses_1', 'and more');
    page.addToDraft('ses_2', 'another');
    expect(kept.get('ocweb.draft.ses_1')).toBe('half a thought\nand more');
    expect(kept.get('ocweb.draft.ses_2')).toBe('another');
  });

  it('is forgotten once it was sent, but not what was typed since', async () => {
    const page = await openPage();
    page.setDraft('ses_1', 'do this');
    page.removeSent('ses_1', 'do this');
    expect(kept.size).toBe(0);
    page.setDraft('ses_1', 'do this and that');
    page.removeSent('ses_1', 'do this');
    expect(kept.get('ocweb.draft.ses_1')).toBe('and that');
    page.setDraft('ses_1', 'something else');
    page.removeSent('ses_1', 'do this');
    expect(kept.get('ocweb.draft.ses_1')).toBe('something else');
  });
});
