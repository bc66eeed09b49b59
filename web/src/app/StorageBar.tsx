/** Says that this browser does not keep what somebody wrote, and what to do: it goes by itself once all is kept. */
import { useState } from 'react';

export default function StorageBar() {
  const [isRead, setRead] = useState(false);
  if (isRead) return null;
  return (
    <div className="instance-bar update-bar" role="alert" data-testid="storage-full">
      <span>
        No room left in this browser: what you write is lost when the page ends. Send or copy it, and free
        some space on this device.
      </span>
      <button type="button" onClick={() => setRead(true)}>
        hide
      </button>
    </div>
  );
}
