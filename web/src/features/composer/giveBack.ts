/** Puts what was taken back where it was written: the words, what was attached to them, and the choice they were sent with. */
import type { FileContent } from '@/shared/files';
import { attach } from './attachments';
import { type Choice, giveChoiceBack } from './choices';
import { addToDraft } from './draft';

interface Back {
  text: string;
  files: readonly FileContent[];
  manner: Choice;
  /** Whether this phone keeps the files elsewhere until it resolves. */
  isKeptElsewhere: boolean;
}

/** Rejects, and changes nothing, where files that are kept elsewhere cannot be kept with the draft. */
export async function giveBack(draft: string, { text, files, manner, isKeptElsewhere }: Back): Promise<void> {
  if (files.length > 0) await attach(draft, files, isKeptElsewhere);
  giveChoiceBack(draft, manner);
  await addToDraft(draft, text);
}
