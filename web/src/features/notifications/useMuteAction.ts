/** The action of a chat's menu that mutes it. */
import { explain } from '@/shared/http';
import type { Action } from '@/shared/ui/ActionSheet';
import { useChatMute } from './useChatMute';

export function useMuteAction(chat: string): Action {
  const { isMuted, mute, error, isPending } = useChatMute(chat);
  return {
    label: isMuted ? 'Unmute notifications' : 'Mute notifications',
    ...(error ? { note: explain(error) } : {}),
    disabled: isPending || isMuted === undefined,
    onClick: () => mute(!isMuted),
    stays: true,
  };
}
