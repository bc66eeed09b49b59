import { useQuery } from '@tanstack/react-query';
import type { NotificationSettings } from '@/shared/api/notifier';
import { Failure, Loading } from '@/shared/ui/Notice';
import { ChannelSection } from './ChannelSection';
import { Devices } from './Devices';
import { notificationQueries } from './settings';
import { ThisDeviceSwitch } from './ThisDeviceSwitch';

/** The browsers that subscribed, this one among them or not. */
export function WebPush({ saved }: { saved: NotificationSettings['web_push'] }) {
  const { data, error, refetch } = useQuery(notificationQueries.subscriptions());
  return (
    <ChannelSection
      channel="web_push"
      label="Web Push"
      note="this page itself, on each device where it is turned on"
      isEnabled={saved.enabled}
      isComplete
      turn={(enabled) => ({ web_push: { enabled } })}
    >
      {error && <Failure what="The devices could not be listed." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="looking for devices" />}
      {data && (
        <>
          <ThisDeviceSwitch publicKey={saved.public_key} known={data.map(({ id }) => id)} />
          <Devices devices={data} />
        </>
      )}
    </ChannelSection>
  );
}
