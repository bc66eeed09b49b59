/** What waits for an answer in one chat: one card at a time, the oldest first, with a way to the others. */
import { useState } from 'react';
import type { PendingRequest } from '@/shared/api/relay';
import RequestCard from './RequestCard';

export default function Requests({ requests }: { requests: readonly PendingRequest[] }) {
  const [chosen, setChosen] = useState<string | null>(null);
  const index = Math.max(
    0,
    requests.findIndex(({ id }) => id === chosen),
  );
  const shown = requests[index];
  if (!shown) return null;
  return (
    <>
      {requests.length > 1 && (
        <div className="card-pager">
          <span role="status">
            {index + 1} of {requests.length} that wait for an answer
          </span>
          <button
            type="button"
            className="button"
            onClick={() => setChosen(requests[(index + 1) % requests.length]?.id ?? null)}
          >
            Next
          </button>
        </div>
      )}
      <RequestCard key={shown.id} request={shown} />
    </>
  );
}
