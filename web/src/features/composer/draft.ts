/** What is typed and not sent, kept by the browser: a phone may end the page at any moment. */
import { create } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { FileContent } from '@/shared/files';
import { keep } from '@/shared/keeping';
import { recall, recallKeys } from '@/shared/storage';
import { attach } from './attachments';

/** By name: each chat has its own. Read from the browser's storage when first asked for. */
const useDrafts = create<Record<string, string>>(() => ({}));

/** Writing down a text longer than this at each letter would be felt. */
const long = 10_000;
/** By then it is written down, in milliseconds. */
const patience = 400;

/** Long drafts that are not written down yet. */
const unwritten = new Map<string, string>();
let timer: ReturnType<typeof setTimeout> | undefined;

function writeDown(): void {
  clearTimeout(timer);
  for (const [name, text] of unwritten) keep(`draft.${name}`, text);
  unwritten.clear();
}

// A phone ends a page that is hidden without another word.
globalThis.document?.addEventListener('visibilitychange', writeDown);
globalThis.window?.addEventListener('pagehide', writeDown);

function draftOf(drafts: Record<string, string>, name: string): string {
  return drafts[name] ?? recall(`draft.${name}`) ?? '';
}

/** Another tab of this browser wrote. Nothing changes under somebody's fingers: only one page has the focus. */
globalThis.window?.addEventListener('storage', ({ key, newValue }) => {
  const name = /^ocweb\.draft\.(.+)/.exec(key ?? '')?.[1];
  const isTypedInto = document.hasFocus() && document.activeElement instanceof HTMLTextAreaElement;
  if (name !== undefined && !isTypedInto) useDrafts.setState({ [name]: newValue ?? '' });
});

export function useDraft(name: string): string {
  return useDrafts((drafts) => draftOf(drafts, name));
}

/** What is typed now, also where nothing has been drawn since. */
export function draftText(name: string): string {
  return draftOf(useDrafts.getState(), name);
}

/** The names of all drafts that say something. */
export function useWrittenDrafts(): string[] {
  return useDrafts(
    useShallow((drafts) =>
      [...new Set([...Object.keys(drafts), ...recallKeys('draft.')])].filter(
        (name) => draftOf(drafts, name).trim() !== '',
      ),
    ),
  );
}

export function setDraft(name: string, text: string): void {
  useDrafts.setState({ [name]: text });
  unwritten.set(name, text);
  clearTimeout(timer);
  if (text.length > long) timer = setTimeout(writeDown, patience);
  else writeDown();
}

/** Adds a text, and files, after what is there already. */
export async function addToDraft(
  name: string,
  text: string,
  files: readonly FileContent[] = [],
): Promise<void> {
  setDraft(name, [draftText(name), text].filter(Boolean).join('\n'));
  if (files.length > 0) await attach(name, files);
}

/** Forgets what was sent; what was typed since stays. */
export function removeSent(name: string, sent: string): void {
  const text = draftText(name);
  setDraft(name, text.startsWith(sent) ? text.slice(sent.length).trimStart() : text);
}
