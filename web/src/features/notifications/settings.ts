/** The settings as the server has them, and their change. */
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { notifier } from '@/shared/api/notifier';

export const notificationQueries = {
  settings: () =>
    queryOptions({
      queryKey: ['notifications', 'settings'],
      queryFn: ({ signal }) => notifier.settings(signal),
    }),

  subscriptions: () =>
    queryOptions({
      queryKey: ['notifications', 'subscriptions'],
      queryFn: ({ signal }) => notifier.subscriptions(signal),
    }),

  log: () =>
    queryOptions({
      queryKey: ['notifications', 'log'],
      queryFn: ({ signal }) => notifier.log(signal),
      refetchInterval: 5_000,
    }),
};

/** Changes settings; it is pending until the page has them as the server keeps them. */
export function useChange() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: notifier.change,
    onSuccess: () => queryClient.invalidateQueries(notificationQueries.settings()),
  });
}
