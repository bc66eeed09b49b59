/** Logging this device out by its person's own word: what would be lost, and that nothing stays. */
import { useEffect } from 'react';
import { readAttachments, useDraftsWithFiles } from '@/features/composer/attachments';
import { useWrittenDrafts } from '@/features/composer/draft';
import { forget, turnOff } from '@/features/notifications/thisDevice';
import { useOutbox } from '@/features/outbox/store';
import { useReviewedChats } from '@/features/review/store';
import { auth } from '@/shared/api/admin';
import { forgetEverything } from '@/shared/forgetting';
import { plural } from '@/shared/format';
import { leave, RequestError } from '@/shared/http';

/** What is on this device alone, each as a phrase. */
export function useUnsent(): string[] {
  useEffect(() => void readAttachments(), []);
  const prompts = useOutbox(({ items }) => items.length);
  const drafts = new Set([...useWrittenDrafts(), ...useDraftsWithFiles()]).size;
  const reviews = useReviewedChats().length;
  return [
    ...(prompts > 0 ? [`${plural(prompts, 'prompt')} not sent yet`] : []),
    ...(drafts > 0 ? [`what is typed or attached in ${plural(drafts, 'draft')}`] : []),
    ...(reviews > 0 ? [`comments on lines in ${plural(reviews, 'chat')}`] : []),
  ];
}

/** Rejects when the server was not reached: then this device is as it was, but that it gets no notifications. */
export function logOut(): Promise<void> {
  return leave(async () => {
    // While it may still tell the server. What the server misses it learns from the push service.
    await turnOff().catch(() => forget().catch(() => undefined));
    await auth.logOut().catch(orEndedAllTheSame);
    await forgetEverything().catch(() => undefined);
  });
}

/** The login is over also where that could not be written down, and where it was over before. */
function orEndedAllTheSame(error: unknown): void {
  if (!(error instanceof RequestError && (error.status === 401 || error.kind === 'not-written'))) throw error;
}
