/** How full the volume is, and with what: the whole in one bar, then each thing by size, with its deletion. */
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { ChatView } from '@/shared/api/relay';
import { Failure, Loading } from '@/shared/ui/Notice';
import { asked, useAfterRemoval } from './asked';
import { DiskChart } from './DiskChart';
import { DiskRow } from './DiskRow';
import { diskItems } from './diskParts';
import './resources.css';

/** A sheet that deletes a chat with all that it has. */
export type ChatDeletion = (asked: {
  chat: ChatView;
  onClose: () => void;
  onDeleted: () => void;
}) => ReactNode;

export function Disk({ chatDeletion }: { chatDeletion: ChatDeletion }) {
  const { data, error, refetch } = useQuery(asked.disk());
  const afterRemoval = useAfterRemoval();
  const [outcome, setOutcome] = useState<string | null>(null);

  async function removed(what: string) {
    setOutcome(`${what} is deleted. Measuring the disk…`);
    await afterRemoval();
    setOutcome(`${what} is deleted.`);
  }

  if (error && !data) {
    return <Failure what="The disk could not be measured." error={error} onRetry={refetch} />;
  }
  if (!data) return <Loading what="measuring the disk" />;
  return (
    <section aria-label="Disk" data-testid="disk">
      {error && <Failure what="The disk could not be measured again." error={error} onRetry={refetch} />}
      <DiskChart disk={data} />
      <h2 className="section-title">what takes room, the largest first</h2>
      <p className="pad outcome" role="status" data-testid="disk-outcome">
        {outcome}
      </p>
      {diskItems(data).map((item) => (
        <DiskRow key={item.path} item={item} chatDeletion={chatDeletion} onRemoved={removed} />
      ))}
    </section>
  );
}
