/** What is typed and not sent, kept by the browser: a phone may end the page at any moment. */
import { create } from 'zustand';
import { recall, remember } from '@/shared/storage';

/** By name: each chat has its own. Read from the browser's storage when first asked for. */
const useDrafts = create<Record<string, string>>(() => ({}));

function draftOf(drafts: Record<string, string>, name: string): string {
  return drafts[name] ?? recall(`draft.${name}`) ?? '';
}

export function useDraft(name: string): string {
  return useDrafts((drafts) => draftOf(drafts, name));
}

export function setDraft(name: string, text: string): void {
  useDrafts.setState({ [name]: text });
  remember(`draft.${name}`, text);
}

/** Adds a text after what is typed already. */
export function addToDraft(name: string, text: string): void {
  setDraft(name, [draftOf(useDrafts.getState(), name), text].filter(Boolean).join('\n'));
}

/** Forgets what was sent; what was typed since stays. */
export function removeSent(name: string, sent: string): void {
  const text = draftOf(useDrafts.getState(), name);
  setDraft(name, text.startsWith(sent) ? text.slice(sent.length).trimStart() : text);
}
