/** Sends a test by one channel, and says what came of it. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type Channel, notifier } from '@/shared/api/notifier';
import { Failure } from '@/shared/ui/Notice';
import { notificationQueries } from './settings';

export function TestButton({ channel }: { channel: Channel }) {
  const queryClient = useQueryClient();
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => notifier.test(channel),
    onSettled: () => queryClient.invalidateQueries(notificationQueries.log()),
  });
  return (
    <div className="pad stack">
      <button type="button" className="button wide" disabled={isPending} onClick={() => mutate()}>
        {isPending ? 'Sending…' : 'Send a test'}
      </button>
      {error && <Failure what="Not tested." error={error} />}
      {data && !isPending && (
        <p
          className={data.outcome === 'sent' ? 'notice' : 'notice bad'}
          role="status"
          data-testid="test-outcome"
        >
          <span>
            {data.outcome === 'failed' && 'Failed. '}
            {data.detail}
          </span>
        </p>
      )}
    </div>
  );
}
