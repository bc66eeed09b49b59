/** How permissive new chats are, on all devices. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { admin, type Permissions } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { LevelList } from './LevelList';
import { exceptions } from './levels';

/** How soon a change from another device is seen here, in milliseconds. */
const refreshes = 5_000;

export function DefaultPermissions() {
  const queryClient = useQueryClient();
  const { queryKey } = queries.permissionSettings();
  const { data, error, refetch } = useQuery({
    ...queries.permissionSettings(),
    refetchInterval: refreshes,
    refetchOnWindowFocus: true,
  });
  const change = useMutation({
    mutationFn: (permissions: Permissions | null) => admin.changePermissionSettings({ default: permissions }),
    onSuccess: (_, permissions) => queryClient.setQueryData(queryKey, { default: permissions }),
  });
  return (
    <>
      <p className="pad dim">
        What an agent may do without asking, in chats that are begun from now on. Each chat can have its own
        answer, in its menu. “Always” on a card holds in its working copy, whatever is chosen here.
      </p>
      {error && <Failure what="The setting could not be loaded." error={error} onRetry={() => refetch()} />}
      {!data && !error && <Loading what="loading the setting" />}
      {change.error && <Failure what="Not changed." error={change.error} />}
      {data && (
        <LevelList
          label="New chats"
          chosen={data.default ?? null}
          hasConfigured
          isPending={change.isPending}
          onChoose={(permissions) => change.mutate(permissions)}
        />
      )}
      <p className="pad dim">{exceptions}</p>
    </>
  );
}
