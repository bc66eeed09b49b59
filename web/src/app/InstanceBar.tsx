/** Says that a part of ocweb is down or the disk is nearly full. Nothing is shown while all is well. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { useEvents } from '@/features/events/store';
import { askEvery, failuresOf } from '@/features/resources/failed';
import { queries } from '@/shared/api/queries';
import { bytes } from '@/shared/format';

/** With less than this nothing can be written any more, in bytes. */
const full = 16_000_000;

export function InstanceBar() {
  const instance = useEvents((state) => state.instance);
  const failures = useFailures();
  const hasFailed = failures.some(({ name }) => name === 'opencode');
  return (
    <>
      {failures.map(({ name, words }) => (
        <div
          key={name}
          className="instance-bar bad"
          role="alert"
          data-testid="service-failed"
          data-service={name}
        >
          <span>{words}</span>
          <Link href="/resources#services">details</Link>
        </div>
      ))}
      {instance?.opencode === 'down' && !hasFailed && (
        <div className="instance-bar" role="status" data-testid="opencode-down">
          <span>
            <span className="pulse" aria-hidden="true" /> opencode is restarting…
          </span>
        </div>
      )}
      {instance?.disk.low && <DiskLow available={instance.disk.available_bytes} />}
    </>
  );
}

/** The parts that failed for good. */
function useFailures() {
  const isDown = useEvents((state) => state.instance?.opencode === 'down');
  const isRefused = useEvents(({ connection }) => 'reason' in connection && connection.reason !== null);
  // What is asked first of all is what the page is for.
  const isBegun = useEvents((state) => state.isKnown);
  const isTroubled = isDown || isRefused;
  const every = askEvery(isTroubled);
  const { data } = useQuery({
    ...queries.services(),
    enabled: isBegun || isTroubled,
    // A hidden page does not ask.
    refetchInterval: every,
    staleTime: every,
  });
  return failuresOf(data ?? []);
}

function DiskLow({ available }: { available: number }) {
  return (
    <div className="instance-bar" role="alert" data-testid="disk-low">
      <span>
        {available < full ? 'The disk is full' : 'The disk is nearly full'}: {bytes(available)} left
      </span>
      <Link href="/resources">make room</Link>
    </div>
  );
}
