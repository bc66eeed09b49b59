/** What this page asks the server for, and how it is asked again after something was removed. */
import { queryOptions, useQueryClient } from '@tanstack/react-query';
import { admin } from '@/shared/api/admin';

const diskKey = ['disk'];
const garbageKey = ['garbage'];

export const asked = {
  disk: () => queryOptions({ queryKey: diskKey, queryFn: ({ signal }) => admin.disk(false, signal) }),

  load: (hours: number) =>
    queryOptions({
      queryKey: ['load', hours],
      queryFn: ({ signal }) => admin.load(hours, signal),
      // The server measures so often.
      refetchInterval: 30_000,
    }),

  processes: () =>
    queryOptions({
      queryKey: ['processes'],
      queryFn: ({ signal }) => admin.processes(signal),
      refetchInterval: 5_000,
    }),

  /** What a clean-up would do now; never an earlier answer. */
  garbage: () =>
    queryOptions({
      queryKey: garbageKey,
      queryFn: () => admin.collectGarbage(true),
      staleTime: 0,
      gcTime: 0,
    }),
};

/** What is measured by its own call below, and what must not change while somebody reads it. */
const apart: ReadonlySet<unknown> = new Set([...diskKey, ...garbageKey]);

/** Asks for everything anew after something was removed; the disk is measured again for it. */
export function useAfterRemoval(): () => Promise<void> {
  const client = useQueryClient();
  return async () => {
    void client.invalidateQueries({ predicate: ({ queryKey }) => !apart.has(queryKey[0]) });
    // An answer from before the removal may be on its way.
    await client.cancelQueries({ queryKey: diskKey });
    await client
      .fetchQuery({ queryKey: diskKey, queryFn: ({ signal }) => admin.disk(true, signal), staleTime: 0 })
      // It is shown where the disk is.
      .catch(() => {});
  };
}
