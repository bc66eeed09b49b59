/** Says that this browser does not keep what somebody wrote, and what to do: it goes by itself once all is kept. */
import { useState } from 'react';

export default function StorageBar() {
  const [isRead, setRead] = useState(false);
  if (isRead) return null;
  return (
    <div className="instance-bar update-bar" role="alert" data-testid="storage-full">
      <span>
        This browser has no room to keep what you write: it is lost when the page ends. Send or copy it, then
        free some space on this device, or remove pictures, drafts and comments.
      </span>
      <button type="button" onClick={() => setRead(true)}>
        understood
      </button>
    </div>
  );
}
