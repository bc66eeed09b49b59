/** Turns Web Push on or off in this browser, or says what is in the way. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Failure } from '@/shared/ui/Notice';
import { deviceState, obstacles } from './deviceState';
import { readFacts, turnOff, turnOn } from './thisDevice';

export function ThisDeviceSwitch({ publicKey, known }: { publicKey: string; known: readonly string[] }) {
  const queryClient = useQueryClient();
  const facts = useQuery({
    queryKey: ['this-device', publicKey, known],
    queryFn: () => readFacts(publicKey, known),
    // The permission is changed outside of the page: looked at anew when the reader comes back.
    staleTime: 0,
  });
  const { mutate, error, isPending } = useMutation({
    mutationFn: (on: boolean) => (on ? turnOn(publicKey) : turnOff()),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['notifications'] }),
        queryClient.invalidateQueries({ queryKey: ['this-device'] }),
      ]),
  });
  if (facts.error) return <Failure what="This browser could not be asked." error={facts.error} />;
  if (!facts.data) return null;
  const state = deviceState(facts.data);
  return (
    <div className="pad stack" data-testid="this-device" data-state={state}>
      {state === 'on' ? (
        <button type="button" className="button wide" disabled={isPending} onClick={() => mutate(false)}>
          Turn off for this device
        </button>
      ) : state === 'off' ? (
        <button
          type="button"
          className="button primary wide"
          disabled={isPending}
          onClick={() => mutate(true)}
        >
          {isPending ? 'Asking…' : 'Turn on for this device'}
        </button>
      ) : (
        <p className="notice warn">
          <span>{obstacles[state]}</span>
        </p>
      )}
      {error && <Failure what="Not changed." error={error} />}
    </div>
  );
}
