/** Says that opencode is down or the disk is nearly full. Nothing is shown while all is well. */
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import { bytes } from '@/shared/format';

/** With less than this nothing can be written any more, in bytes. */
const full = 16_000_000;

export function InstanceBar() {
  const instance = useEvents((state) => state.instance);
  if (instance === null) return null;
  const { available_bytes, low } = instance.disk;
  return (
    <>
      {instance.opencode === 'down' && (
        <div className="instance-bar" role="status" data-testid="opencode-down">
          <span>
            <span className="pulse" aria-hidden="true" /> opencode is restarting…
          </span>
        </div>
      )}
      {low && (
        <div className="instance-bar" role="alert" data-testid="disk-low">
          <span>
            {available_bytes < full ? 'The disk is full' : 'The disk is nearly full'}:{' '}
            {bytes(available_bytes)} left
          </span>
          <Link href="/resources">make room</Link>
        </div>
      )}
    </>
  );
}
