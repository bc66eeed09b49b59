/** Cleans up what nothing needs any more, and says what it did and what it left. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { admin, type GarbageItem } from '@/shared/api/admin';
import { plural } from '@/shared/format';
import { Failure } from '@/shared/ui/Notice';

export function Garbage() {
  const queryClient = useQueryClient();
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: admin.collectGarbage,
    onSuccess: () => queryClient.invalidateQueries(),
  });
  return (
    <section aria-label="Clean up" className="pad stack">
      <button type="button" className="button wide" disabled={isPending} onClick={() => mutate()}>
        {isPending ? 'Cleaning up…' : 'Clean up what is stale'}
      </button>
      {error && <Failure what="Not cleaned up." error={error} onRetry={() => mutate()} />}
      {data && (
        <div role="status" className="stack">
          <p>
            {plural(data.removed.length, 'thing')} removed, {plural(data.refused.length, 'thing')} kept.
          </p>
          <Items items={data.removed} word="removed" />
          <Items items={data.refused} word="kept" />
        </div>
      )}
    </section>
  );
}

function Items({ items, word }: { items: readonly GarbageItem[]; word: string }) {
  return items.map((item) => (
    <p key={item.path} className="notice">
      <span>
        {word}: {item.kind.replaceAll('_', ' ')} {item.session_id ?? item.repo ?? item.path}. {item.reason}
      </span>
    </p>
  ));
}
