/** Cleans up what nothing needs any more: says first what would go and what stays and why, then what went. */
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useEvents } from '@/features/events/store';
import { admin, type Collected, type GarbageItem } from '@/shared/api/admin';
import { viewTitle } from '@/shared/chatTitle';
import { bytes, plural } from '@/shared/format';
import { Decision } from '@/shared/ui/Decision';
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
        {data || count === 0 ? (
          <button type="button" className="button wide" onClick={onClose}>
            Done
          </button>
        ) : (
          <Decision
            verb={`Remove ${plural(count, 'thing')}`}
            underWay="Removing…"
            isBusy={isPending}
            isDanger
            onDecide={mutate}
            onCancel={onClose}
          />
        )}
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
  if (items.length === 0) return null;
  return (
    <div>
      <h3 className="dim">{title}</h3>
      <ul className="garbage">
        {items.map((item) => (
          <Item key={`${item.kind} ${item.path} ${item.session_id}`} item={item} />
        ))}
      </ul>
    </div>
  );
}

function Item({ item: { kind, repo, path, session_id, reason } }: { item: GarbageItem }) {
  const { data: disk } = useQuery({ ...asked.disk(), enabled: false });
  const chat = useEvents((state) => (session_id === null ? undefined : state.chats[session_id]));
  const size = kind === 'worktree' && disk?.worktrees.find((worktree) => worktree.path === path)?.size_bytes;
  return (
    <li data-testid="garbage-item">
      {kinds[kind]} {repo === null ? path : `of ${repo}`}
      {typeof size === 'number' && `, ${bytes(size)}`}
      {session_id !== null && <span className="block-line">{chat ? viewTitle(chat) : session_id}</span>}
      <span className="sub block-line">{reason}</span>
    </li>
  );
}
