/** Processes whose parent is gone, with a way to end them. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { admin, type OrphanedProcess } from '@/shared/api/admin';
import { age, bytes } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';

export function Processes() {
  const { data, error, refetch } = useQuery({
    queryKey: ['processes'],
    queryFn: ({ signal }) => admin.processes(signal),
    refetchInterval: 5_000,
  });
  return (
    <section aria-label="Orphaned processes" data-testid="processes">
      <h2 className="section-title">processes left behind</h2>
      {error && <Failure what="The processes could not be listed." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="looking for processes" />}
      {data?.length === 0 && <p className="dim pad">none</p>}
      {data?.map((process) => (
        <ProcessRow key={`${process.pid}-${process.start_time}`} process={process} />
      ))}
    </section>
  );
}

function ProcessRow({ process }: { process: OrphanedProcess }) {
  const queryClient = useQueryClient();
  const { mutate, error, isPending } = useMutation({
    mutationFn: () => admin.killProcess(process.pid, process.start_time),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['processes'] }),
  });
  return (
    <>
      <div className="row">
        <span className="grow">
          {process.command}
          <span className="sub block-line">
            pid {process.pid} · {age(process.age_seconds * 1000)} · {bytes(process.memory_bytes)}
            {process.repo !== null && ` · ${process.repo}`}
          </span>
        </span>
        <button
          type="button"
          className="button danger"
          aria-label={`End process ${process.pid}`}
          disabled={isPending}
          onClick={() => mutate()}
        >
          end
        </button>
      </div>
      {error && <Failure what="Not ended." error={error} />}
    </>
  );
}
