/** The work that deletions saved: each can be restored in one tap, or removed for good. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleting, type SavedWork, type UnreadableWork } from '@/shared/api/deleting';
import { Decision } from '@/shared/ui/Decision';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { contentsOf, nameOf, wordsOfUnreadable } from './savedWords';
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
      {data && data.saved.length + data.unreadable.length === 0 && (
        <p className="pad dim">Nothing. What a deletion would lose is saved here first.</p>
      )}
      {data?.saved.map((work) => (
        <Row key={work.id} work={work} />
      ))}
      {data?.unreadable.map((work) => (
        <UnreadableRow key={work.id} work={work} />
      ))}
    </section>
  );
}

function Row({ work }: { work: SavedWork }) {
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
        <RemoveButton id={work.id} name={name} contents={contentsOf(work)} disabled={isPending} />
      </div>
      {error && <Failure what="Not restored." error={error} />}
    </div>
  );
}

/** Not restored by a tap, but not hidden either: it takes room, and its bundle is there. */
function UnreadableRow({ work }: { work: UnreadableWork }) {
  const words = wordsOfUnreadable(work);
  return (
    <div className="saved-work" data-testid="unreadable-work">
      <div className="row">
        <span className="grow">
          {work.id}
          <span className="sub block-line">{words}</span>
        </span>
        <RemoveButton id={work.id} name={work.id} contents={words} disabled={false} />
      </div>
    </div>
  );
}

interface Removal {
  id: string;
  name: string;
  contents: string;
}

function RemoveButton({ disabled, ...work }: Removal & { disabled: boolean }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button"
        aria-label={`Remove ${work.name} for good`}
        disabled={disabled}
        onClick={() => setAsking(true)}
      >
        delete
      </button>
      {isAsking && <RemoveSheet work={work} onClose={() => setAsking(false)} />}
    </>
  );
}

function RemoveSheet({ work, onClose }: { work: Removal; onClose: () => void }) {
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
        <p>“{work.name}”</p>
        <p className="dim">{work.contents}. It is nowhere else, and cannot be restored then.</p>
        {error && <Failure what="Not removed." error={error} />}
        <Decision
          verb="Remove it"
          underWay="Removing…"
          isBusy={isPending}
          isDanger
          onDecide={mutate}
          onCancel={onClose}
        />
      </div>
    </Sheet>
  );
}
