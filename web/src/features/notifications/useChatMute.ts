/** Whether a chat is muted, and the change of it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { notifier } from '@/shared/api/notifier';
import { notificationQueries } from './settings';

export function useChatMute(chat: string) {
  const queryClient = useQueryClient();
  const settings = useQuery(notificationQueries.settings());
  const { mutate, error, isPending } = useMutation({
    mutationFn: (muted: boolean) => notifier.mute(chat, muted),
    onSettled: () => queryClient.invalidateQueries(notificationQueries.settings()),
  });
  return {
    /** Undefined until the settings are known. */
    isMuted: settings.data?.muted_chats.includes(chat),
    mute: mutate,
    error: error ?? settings.error,
    isPending,
  };
}
