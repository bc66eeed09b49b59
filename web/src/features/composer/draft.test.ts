import { beforeEach, describe, expect, it, vi } from 'vitest';

const kept = new Map<string, string>();
vi.stubGlobal('localStorage', {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => kept.set(key, value),
  removeItem: (key: string) => kept.delete(key),
});

type Told = (event: { key: string; newValue: string | null }) => void;
/** What the page does when another tab wrote. */
let told: Told = () => undefined;
vi.stubGlobal('window', {
  addEventListener: (name: string, listener: Told) => {
    if (name === 'storage') told = listener;
  },
});
class Box {}
let hasFocus = false;
vi.stubGlobal('HTMLTextAreaElement', Box);
vi.stubGlobal('document', {
  addEventListener: () => undefined,
  hasFocus: () => hasFocus,
  activeElement: new Box(),
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

  it('shows what another tab typed, but not under the fingers of who types here', async () => {
    const page = await openPage();
    page.setDraft('ses_1', 'here');
    hasFocus = false;
    told({ key: 'ocweb.draft.ses_1', newValue: 'there' });
    told({ key: 'ocweb.draft.ses_2', newValue: 'another' });
    told({ key: 'ocweb.repo', newValue: 'o/r' });
    expect([page.draftText('ses_1'), page.draftText('ses_2')]).toEqual(['there', 'another']);
    told({ key: 'ocweb.draft.ses_2', newValue: null });
    expect(page.draftText('ses_2')).toBe('');
    hasFocus = true;
    told({ key: 'ocweb.draft.ses_1', newValue: 'elsewhere' });
    expect(page.draftText('ses_1')).toBe('there');
  });
});
