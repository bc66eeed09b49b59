/** The devices that are told by Web Push; any can be taken out, also one that is lost. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ago } from '@/shared/ago';
import { notifier, type Subscription } from '@/shared/api/notifier';
import { Failure } from '@/shared/ui/Notice';
import { forget, ownId } from './thisDevice';

export function Devices({ devices }: { devices: readonly Subscription[] }) {
  if (devices.length === 0) return <p className="dim pad">No device is told yet.</p>;
  return devices.map((device) => (
    <DeviceRow key={device.id} device={device} isThis={device.id === ownId()} />
  ));
}

function DeviceRow({ device, isThis }: { device: Subscription; isThis: boolean }) {
  const queryClient = useQueryClient();
  const now = Date.now();
  const { mutate, error, isPending } = useMutation({
    mutationFn: async () => {
      await notifier.unsubscribe(device.id);
      if (isThis) await forget();
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['notifications', 'subscriptions'] }),
  });
  return (
    <>
      <div className="row" data-testid="push-device">
        <span className="grow">
          {device.device}
          <span className="sub block-line">
            {isThis && 'this device · '}added {ago(now - Date.parse(device.created_at))}
            {device.last_sent_at !== null && ` · last told ${ago(now - Date.parse(device.last_sent_at))}`}
          </span>
          {device.last_error !== null && <span className="sub block-line deleted">{device.last_error}</span>}
        </span>
        <button
          type="button"
          className="button"
          aria-label={`Remove ${device.device}`}
          disabled={isPending}
          onClick={() => mutate()}
        >
          remove
        </button>
      </div>
      {error && <Failure what="Not removed." error={error} />}
    </>
  );
}
