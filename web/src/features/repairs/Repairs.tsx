/** Damage that was found and repaired: what, how, what is lost, and where the damaged things lie. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { age } from '@/shared/format';
import { RepairLines } from '@/shared/repairs/RepairLines';
import { Failure } from '@/shared/ui/Notice';
import { type Repair, upkeep, upkeepQueries } from '@/shared/upkeep';

export function Repairs() {
  const { data: repairs, error, refetch } = useQuery(upkeepQueries.repairs());
  if (error && !repairs) {
    return <Failure what="What was repaired could not be loaded." error={error} onRetry={refetch} />;
  }
  if (!repairs?.length) return null;
  return (
    <section aria-label="Repairs">
      <h2 className="section-title">repaired</h2>
      {repairs.map((repair) => (
        <RepairNotice key={repair.id} repair={repair} />
      ))}
    </section>
  );
}

function RepairNotice({ repair }: { repair: Repair }) {
  const queryClient = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => upkeep.putRepairAway(repair.id),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: upkeepQueries.repairs().queryKey }),
  });
  const of = repair.repo ?? 'opencode’s database';
  return (
    <article className="pad stack" data-testid="repair" aria-label={`Repair of ${of}`}>
      <p>
        {of} <span className="dim">{age(Date.now() - Date.parse(repair.at))}</span>
      </p>
      <RepairLines report={repair} />
      {error && <Failure what="Not put away." error={error} />}
      <button type="button" className="button wide" disabled={isPending} onClick={() => mutate()}>
        Put away
      </button>
    </article>
  );
}
