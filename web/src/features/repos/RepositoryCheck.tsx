/** Has every object of a clone checked, and says what came of it. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { RepairLines } from '@/shared/repairs/RepairLines';
import { Failure } from '@/shared/ui/Notice';
import { type Check, upkeep, upkeepQueries } from '@/shared/upkeep';

export function RepositoryCheck({ repo }: { repo: string }) {
  const queryClient = useQueryClient();
  const { queryKey, ...asking } = upkeepQueries.check(repo);
  const { data: check } = useQuery({ queryKey, ...asking });
  const begin = useMutation({
    mutationFn: () => upkeep.beginCheck(repo),
    onSuccess: () => queryClient.invalidateQueries({ queryKey }),
  });
  const isRunning = check?.state === 'running';
  return (
    <section aria-label="Check" data-testid="check" data-state={check?.state ?? 'none'}>
      <h2 className="section-title">check</h2>
      <div className="pad stack">
        <p className="dim">
          Reads every object of the clone and of its working copies. What is damaged is set aside and fetched
          again.
        </p>
        {check && <Outcome check={check} />}
        {begin.error && <Failure what="Not begun." error={begin.error} />}
        <button
          type="button"
          className="button wide"
          disabled={isRunning || begin.isPending}
          onClick={() => begin.mutate()}
        >
          {isRunning ? 'Checking…' : 'Check the clone'}
        </button>
      </div>
    </section>
  );
}

function Outcome({ check }: { check: Check }) {
  switch (check.state) {
    case 'running':
      return (
        <p role="status">
          <span className="pulse" /> {check.progress.phase || 'beginning'}
          {check.progress.phase !== '' && ` ${check.progress.percent}%`}
        </p>
      );
    case 'failed':
      return (
        <p className="notice bad" role="alert">
          The check could not be brought to its end. {check.reason}
        </p>
      );
    case 'done':
      return check.report.found.length + check.report.lost.length === 0 ? (
        <p role="status">Everything is sound.</p>
      ) : (
        <RepairLines report={check.report} />
      );
  }
}
