/** Sends an answer once, and says when that failed. */
import { useState } from 'react';
import { dispatch } from '@/features/events/store';
import { RequestError } from '@/shared/http';

export function useReply(request: string) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  async function reply(send: () => Promise<unknown>) {
    setBusy(true);
    setError(null);
    try {
      await send();
      dispatch({ type: 'answered', request });
    } catch (thrown) {
      // It was answered elsewhere (another tab or device), or the run is gone.
      if (thrown instanceof RequestError && thrown.status === 404) dispatch({ type: 'answered', request });
      setError(thrown);
      setBusy(false);
    }
  }
  return { busy, error, reply };
}
