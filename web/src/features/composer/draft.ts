/** What is typed and what is being sent, kept by the browser: a phone may end the page at any moment. */
import { recall, remember } from '@/shared/storage';

/** The drafts whose text this page is sending. */
const underWay = new Set<string>();

/** A text that is not sent yet, and what was typed since. */
export function joined(sent: string | null, typed: string | null): string {
  return [sent, typed].filter(Boolean).join('\n');
}

/** The text to begin with; what an earlier page was sending when it ended comes back. */
export function recallDraft(name: string): string {
  return joined(underWay.has(name) ? null : recall(`sending.${name}`), recall(`draft.${name}`));
}

export function rememberDraft(name: string, text: string): void {
  remember(`draft.${name}`, text);
  if (!underWay.has(name)) remember(`sending.${name}`, null);
}

/** Sends `text` and keeps it until it arrived; when it did not, it is the draft again. */
export async function sendDraft(name: string, text: string, send: () => Promise<unknown>): Promise<void> {
  underWay.add(name);
  remember(`sending.${name}`, text);
  remember(`draft.${name}`, null);
  try {
    await send();
  } catch (error) {
    remember(`draft.${name}`, joined(text, recall(`draft.${name}`)));
    throw error;
  } finally {
    underWay.delete(name);
    remember(`sending.${name}`, null);
  }
}
