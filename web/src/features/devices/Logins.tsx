/** The devices that are logged in: each can be logged out, this one too. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { ago } from '@/shared/ago';
import { auth, type LoginSession } from '@/shared/api/admin';
import { deviceName } from '@/shared/device';
import { Failure, Loading } from '@/shared/ui/Notice';
import { LogOut, type LogOutProps } from './LogOut';

export function Logins(leaving: LogOutProps) {
  const queryClient = useQueryClient();
  const { data, error, refetch } = useQuery({
    queryKey: ['logins'],
    queryFn: ({ signal }) => auth.sessions(signal),
  });
  const others = useMutation({
    mutationFn: auth.revokeOthers,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['logins'] }),
  });
  return (
    <section aria-label="Logins">
      <h2 className="section-title">devices that are logged in</h2>
      {error && <Failure what="The logins could not be listed." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="loading logins" />}
      {data?.map((session) => (
        <LoginRow key={session.id} session={session} />
      ))}
      <div className="pad stack">
        {others.error && <Failure what="Not logged out." error={others.error} />}
        {data && data.length > 1 && (
          <button
            type="button"
            className="button wide"
            disabled={others.isPending}
            onClick={() => others.mutate()}
          >
            Log out all other devices
          </button>
        )}
        <LogOut {...leaving} />
      </div>
    </section>
  );
}

function LoginRow({ session }: { session: LoginSession }) {
  const queryClient = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => auth.revoke(session.id),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['logins'] }),
  });
  return (
    <>
      <div className="row" data-testid="login-session">
        <span className="grow">
          {deviceName(session.user_agent)}
          <span className="sub block-line">
            {session.current ? 'this device' : `seen ${ago(Date.now() - Date.parse(session.last_seen_at))}`}
            {session.address !== null && ` · ${session.address}`}
          </span>
        </span>
        {!session.current && (
          <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
            log out
          </button>
        )}
      </div>
      {error && <Failure what="Not logged out." error={error} />}
    </>
  );
}
