/** Ends the preparation of a chat: what was typed goes back to where it was typed, and the chat goes. */
import { attachmentsOf, detach, readAttachments } from '@/features/composer/attachments';
import { addToDraft, draftText, setDraft } from '@/features/composer/draft';
import { takeBackFromServer, useOutbox } from '@/features/outbox/store';
import { admin } from '@/shared/api/admin';
import { deleting } from '@/shared/api/deleting';
import type { ChatView } from '@/shared/api/relay';

export async function cancelPreparation({ id, prompts }: ChatView): Promise<void> {
  await admin.cancelChat(id);
  // Each step leaves what was typed somewhere: with the server, in this chat's box, in the new one's.
  for (const { id: prompt, text, model, variant, agent } of prompts) {
    const manner = { model: model ?? null, variant: variant ?? null, mode: agent ?? null };
    await takeBackFromServer({ id: prompt, chat: id, text, manner });
  }
  await readAttachments();
  const files = attachmentsOf(id);
  await addToDraft('new', draftText(id), files);
  setDraft(id, '');
  await detach(
    id,
    files.map((file) => file.id),
  );
  // What this phone has not sent yet keeps the chat.
  const { items, accepted } = useOutbox.getState();
  if (![...items, ...accepted].some(({ chat }) => chat === id)) await deleting.chat(id);
}
