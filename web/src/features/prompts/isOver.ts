/** Whether what somebody wanted to stop has stopped. Pure. */
import { isRunning } from '@/features/events/state';
import type { ChatView } from '@/shared/api/relay';

/** `before` is the chat as it was when it was to stop. A prompt that waited behind may run by now: that is another run. */
export function isOver(before: ChatView, now: ChatView | undefined): boolean {
  if (now === undefined) return true;
  const isSending = (chat: ChatView) => chat.prompts.some(({ state }) => state === 'sending');
  const wasRunning = before.run !== null && before.run.ended_at === null;
  if (wasRunning && now.run?.started_at !== before.run?.started_at) return true;
  return !isRunning(now) && !(isSending(before) && isSending(now));
}
