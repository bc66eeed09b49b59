/** Says that a newer version of the page is here. It never takes the place of this one by itself: somebody may be typing. */
import { useEffect, useState } from 'react';
import { useEvents } from '@/features/events/store';
import { listen } from '@/features/events/sync';
import { preparePage } from '@/shared/serviceWorker';
import { isOutdated } from './update';

/** So long its files may take before it is offered without them, in milliseconds. */
const patience = 30_000;

export function UpdateBar() {
  const [isReady, setReady] = useState(false);
  useEffect(() => {
    let isOver = false;
    const check = async () => {
      if (!(await isOutdated())) return;
      const late = new Promise((done) => setTimeout(done, patience));
      // Fetched in the background first: then it is there at once.
      await Promise.race([preparePage().catch(() => undefined), late]);
      if (!isOver) setReady(true);
    };
    // A server that was away may be another version.
    const stopListening = listen({ onReconnect: () => void check() });
    // Begun from what was kept here, perhaps long ago.
    if (useEvents.getState().connection.phase === 'live') void check();
    return () => {
      isOver = true;
      stopListening();
    };
  }, []);
  if (!isReady) return null;
  return (
    <div className="instance-bar update-bar" role="status" data-testid="update-ready">
      <span>A new version is ready</span>
      <button type="button" onClick={() => location.reload()}>
        reload
      </button>
    </div>
  );
}
