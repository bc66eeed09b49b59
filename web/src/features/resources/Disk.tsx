/** How full the volume is, and with what. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { admin } from '@/shared/api/admin';
import { bytes } from '@/shared/format';
import { DeleteSheet } from '@/shared/ui/DeleteSheet';
import { Failure, Loading } from '@/shared/ui/Notice';
import './resources.css';

export function Disk() {
  const { data, error, refetch } = useQuery({
    queryKey: ['disk'],
    queryFn: ({ signal }) => admin.disk(signal),
  });
  if (error) return <Failure what="The disk could not be measured." error={error} onRetry={refetch} />;
  if (!data) return <Loading what="measuring the disk" />;
  const { volume } = data;
  const used = volume.total_bytes > 0 ? volume.used_bytes / volume.total_bytes : 0;
  return (
    <section aria-label="Disk" data-testid="disk">
      <div className="pad">
        <p>
          {bytes(volume.available_bytes)} free of {bytes(volume.total_bytes)}
        </p>
        {/* biome-ignore lint/a11y/useSemanticElements: <meter> cannot be given our look in every browser. */}
        <div
          className={used > 0.9 ? 'bar full' : 'bar'}
          role="meter"
          aria-label="Volume used"
          aria-valuenow={Math.round(used * 100)}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <span style={{ transform: `scaleX(${used})` }} />
        </div>
      </div>
      <h2 className="section-title">clones</h2>
      {data.repos.length === 0 && <p className="dim pad">none</p>}
      {data.repos.map((repo) => (
        <Clone key={repo.name} name={repo.name} size={repo.size_bytes} />
      ))}
      <h2 className="section-title">working copies</h2>
      {data.worktrees.length === 0 && <p className="dim pad">none</p>}
      {data.worktrees.map((worktree) => (
        <Link key={worktree.path} href={`/chat/${worktree.session_id}`} className="row">
          <span className="grow">
            {worktree.repo}
            <span className="sub block-line">{worktree.session_id}</span>
          </span>
          <span>{bytes(worktree.size_bytes)}</span>
        </Link>
      ))}
      <h2 className="section-title">ours</h2>
      <p className="row">
        <span className="grow">opencode’s conversations and state</span>
        <span>{bytes(data.opencode.size_bytes)}</span>
      </p>
      <p className="row">
        <span className="grow">ocweb’s records</span>
        <span>{bytes(data.ocweb.size_bytes)}</span>
      </p>
    </section>
  );
}

function Clone({ name, size }: { name: string; size: number }) {
  const [asking, setAsking] = useState(false);
  const queryClient = useQueryClient();
  return (
    <>
      <div className="row">
        <span className="grow">{name}</span>
        <span>{bytes(size)}</span>
        <button
          type="button"
          className="button"
          aria-label={`Delete the clone of ${name}`}
          onClick={() => setAsking(true)}
        >
          delete
        </button>
      </div>
      {asking && (
        <DeleteSheet
          title="Delete this clone?"
          remove={(force) => admin.deleteRepo(name, force)}
          onClose={() => setAsking(false)}
          onDeleted={() => {
            setAsking(false);
            void queryClient.invalidateQueries();
          }}
        >
          <p>{name}</p>
          <p className="dim">
            It is cloned again when a chat needs it. Its chats, their working copies and unpushed work are
            checked first.
          </p>
        </DeleteSheet>
      )}
    </>
  );
}
