/** Cleans up what nothing needs any more: says first what would go and what stays and why, then what went. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { admin, type Collected, type GarbageItem } from '@/shared/api/admin';
import { bytes, plural } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { asked, useAfterRemoval } from './asked';
import './resources.css';

export function Garbage() {
  const [isOpen, setOpen] = useState(false);
  return (
    <section aria-label="Clean up" className="pad">
      <button type="button" className="button wide" onClick={() => setOpen(true)}>
        Clean up what is stale
      </button>
      {isOpen && <GarbageSheet onClose={() => setOpen(false)} />}
    </section>
  );
}

function GarbageSheet({ onClose }: { onClose: () => void }) {
  const found = useQuery(asked.garbage());
  const afterRemoval = useAfterRemoval();
  const { mutate, data, error, isPending } = useMutation({
    mutationFn: () => admin.collectGarbage(false),
    onSuccess: () => void afterRemoval(),
  });
  const count = found.data?.removed.length ?? 0;
  return (
    <Sheet title="Clean up" onClose={onClose}>
      <div className="pad stack" data-testid="garbage" data-state={data ? 'done' : 'asked'}>
        {found.error && (
          <Failure what="What is stale could not be found out." error={found.error} onRetry={found.refetch} />
        )}
        {found.isPending && <Loading what="looking for what is stale" />}
        {data ? <Outcome collected={data} /> : found.data && <Plan collected={found.data} />}
        {error && <Failure what="Not cleaned up." error={error} />}
        {!data && count > 0 && (
          <button type="button" className="button danger wide" disabled={isPending} onClick={() => mutate()}>
            {isPending ? 'Removing…' : `Remove ${plural(count, 'thing')}`}
          </button>
        )}
        <button type="button" className="button wide" onClick={onClose}>
          {data || count === 0 ? 'Done' : 'Cancel'}
        </button>
      </div>
    </Sheet>
  );
}

function Plan({ collected: { removed, refused } }: { collected: Collected }) {
  return (
    <>
      {removed.length === 0 && <p>Nothing is stale that could go.</p>}
      <Items title="would go" items={removed} />
      <Items title="stays" items={refused} />
    </>
  );
}

function Outcome({ collected: { removed, refused } }: { collected: Collected }) {
  return (
    <>
      <p role="status">
        {plural(removed.length, 'thing')} removed, {plural(refused.length, 'thing')} kept.
      </p>
      <Items title="removed" items={removed} />
      <Items title="kept" items={refused} />
    </>
  );
}

const kinds: Record<GarbageItem['kind'], string> = {
  leftover: 'half-made folder',
  entry: 'git’s entry of a working copy',
  worktree: 'working copy',
  branch: 'branch',
};

function Items({ title, items }: { title: string; items: readonly GarbageItem[] }) {
  const { data: disk } = useQuery({ ...asked.disk(), enabled: false });
  if (items.length === 0) return null;
  const sizeOf = ({ kind, path }: GarbageItem) =>
    kind === 'worktree' ? disk?.worktrees.find((worktree) => worktree.path === path)?.size_bytes : undefined;
  return (
    <div>
      <h3 className="dim">{title}</h3>
      <ul className="garbage">
        {items.map((item) => {
          const size = sizeOf(item);
          return (
            <li key={`${item.kind} ${item.path} ${item.session_id}`} data-testid="garbage-item">
              {kinds[item.kind]} {item.repo === null ? item.path : `of ${item.repo}`}
              {size !== undefined && `, ${bytes(size)}`}
              <span className="sub block-line">
                {item.reason}
                {item.session_id !== null && ` (${item.session_id})`}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
