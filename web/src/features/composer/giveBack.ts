/** Puts what was taken back where it was written: the words, what was attached to them, and the choice they were sent with. */
import type { FileContent } from '@/shared/files';
import { type Choice, giveChoiceBack } from './choices';
import { addToDraft } from './draft';

export async function giveBack(
  chat: string,
  { text, files, manner }: { text: string; files: readonly FileContent[]; manner: Choice },
): Promise<void> {
  giveChoiceBack(chat, manner);
  await addToDraft(chat, text, files);
}
