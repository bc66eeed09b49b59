/** The work that deletions saved: each can be restored in one tap, or removed for good. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleting, type SavedWork } from '@/shared/api/deleting';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { contentsOf, nameOf } from './savedWords';
import { useRestore } from './useRestore';
import './saved.css';

export function SavedWorks() {
  const { data, error, refetch } = useQuery({
    queryKey: ['saved-work'],
    queryFn: ({ signal }) => deleting.savedWork(signal),
  });
  return (
    <section aria-label="Saved work" data-testid="saved-works">
      <h2 className="section-title">saved work</h2>
      {error && !data && <Failure what="Saved work could not be listed." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="asking for saved work" />}
      {data?.length === 0 && (
        <p className="pad dim">Nothing. What a deletion would lose is saved here first.</p>
      )}
      {data?.map((work) => (
        <Row key={work.id} work={work} />
      ))}
    </section>
  );
}

function Row({ work }: { work: SavedWork }) {
  const [isAsking, setAsking] = useState(false);
  const { mutate, isPending, error } = useRestore(() => undefined);
  const name = nameOf(work);
  return (
    <div className="saved-work" data-testid="saved-work" data-kind={work.kind}>
      <div className="row">
        <span className="grow">
          {name}
          {work.kind !== 'clone' && <span className="sub block-line">{work.repo}</span>}
          <span className="sub block-line">{contentsOf(work)}</span>
        </span>
        <button
          type="button"
          className="button"
          aria-label={`Restore ${name}`}
          disabled={isPending}
          onClick={() => mutate([work])}
        >
          {isPending ? 'restoring…' : 'restore'}
        </button>
        <button
          type="button"
          className="button"
          aria-label={`Remove ${name} for good`}
          disabled={isPending}
          onClick={() => setAsking(true)}
        >
          delete
        </button>
      </div>
      {error && <Failure what="Not restored." error={error} />}
      {isAsking && <RemoveSheet work={work} onClose={() => setAsking(false)} />}
    </div>
  );
}

function RemoveSheet({ work, onClose }: { work: SavedWork; onClose: () => void }) {
  const client = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => deleting.removeSaved(work.id),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries();
    },
  });
  return (
    <Sheet title="Remove this for good?" onClose={onClose}>
      <div className="pad stack">
        <p>“{nameOf(work)}”</p>
        <p className="dim">{contentsOf(work)}. It is nowhere else, and cannot be restored then.</p>
        {error && <Failure what="Not removed." error={error} />}
        <button type="button" className="button danger wide" disabled={isPending} onClick={() => mutate()}>
          {isPending ? 'Removing…' : 'Remove it'}
        </button>
        <button type="button" className="button wide" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Sheet>
  );
}
