/** How often a run that was cut off is continued without being asked. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { queries } from '@/shared/api/queries';
import { relay } from '@/shared/api/relay';
import { Failure, Loading } from '@/shared/ui/Notice';
import './settings.css';

const choices = [0, 1, 2, 3, 4, 5];

export function ContinueByItself() {
  const queryClient = useQueryClient();
  const { data, error, refetch } = useQuery(queries.relaySettings());
  const change = useMutation({
    mutationFn: (times: number) => relay.changeSettings({ continue_by_itself: times }),
    onSuccess: (settings) => queryClient.setQueryData(queries.relaySettings().queryKey, settings),
  });
  return (
    <section aria-label="Continue by itself" data-testid="continue-by-itself">
      <h2 className="section-title">when opencode stops in the middle of an answer</h2>
      <p className="pad">
        Continue the work by itself, at most so many times until you have a say again. With 0 it waits for
        your tap.
      </p>
      {error && <Failure what="The setting could not be loaded." error={error} onRetry={() => refetch()} />}
      {change.error && <Failure what="Not changed." error={change.error} />}
      {!data && !error && <Loading what="loading the setting" />}
      {data && (
        <fieldset className="times" aria-label="How often to continue by itself">
          {choices.map((times) => (
            <button
              key={times}
              type="button"
              className="button"
              aria-pressed={data.continue_by_itself === times}
              disabled={change.isPending}
              onClick={() => change.mutate(times)}
            >
              {times}
            </button>
          ))}
        </fieldset>
      )}
    </section>
  );
}
