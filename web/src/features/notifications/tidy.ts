/** Takes back notifications of what is over: what was answered elsewhere, and chats that were looked at. */
import type { ChatView } from '@/shared/api/relay';
import { currentWorker } from '@/shared/serviceWorker';

/** The tags of what may still be shown: a request's is its id, and how a run ended has its chat's. */
export function liveTags(chats: readonly ChatView[]): string[] {
  return chats.flatMap(({ id, state, requests }) => [
    ...requests.map((request) => request.id),
    ...(state === 'unread' || state === 'failed' || state === 'interrupted' ? [id] : []),
  ]);
}

/** Whether a notification with this tag is over. Others than of requests and chats (tests, outcomes) stay. */
export function isOver(tag: string, live: ReadonlySet<string>): boolean {
  return /^(per|que|ses)_[A-Za-z0-9]+$/.test(tag) && !live.has(tag);
}

export async function closeWhatIsOver(live: ReadonlySet<string>): Promise<void> {
  const registration = await currentWorker();
  for (const notification of (await registration?.getNotifications()) ?? []) {
    if (isOver(notification.tag, live)) notification.close();
  }
}
