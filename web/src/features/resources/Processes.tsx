/** What runs for the chats, and what nobody looks after any more, with a way to end that. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ProcessReport } from '@/shared/api/admin';
import { bytes } from '@/shared/format';
import { Failure, Loading } from '@/shared/ui/Notice';
import { asked } from './asked';
import { EndProcessSheet } from './EndProcessSheet';
import { ProcessRow } from './ProcessRow';
import './resources.css';

export function Processes() {
  const { data, error, refetch } = useQuery(asked.processes());
  const queryClient = useQueryClient();
  const [ending, setEnding] = useState<ProcessReport | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  // The parts of ocweb have a table of their own.
  const others = data?.filter(({ service }) => service === null);
  const orphans = others?.filter(({ orphan }) => orphan);
  const atWork = others?.filter(({ orphan }) => !orphan);
  return (
    <section aria-label="Processes" data-testid="processes">
      {error && <Failure what="The processes could not be listed." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="looking for processes" />}
      <p className="pad outcome" role="status" data-testid="process-outcome">
        {outcome}
      </p>
      {orphans && <Group name="processes left behind" processes={orphans} onEnd={setEnding} />}
      {atWork && <Group name="processes of the agents" processes={atWork} onEnd={setEnding} />}
      {ending && (
        <EndProcessSheet
          process={ending}
          onClose={() => setEnding(null)}
          onEnded={(words) => {
            setEnding(null);
            setOutcome(words);
            void queryClient.invalidateQueries({ queryKey: asked.processes().queryKey });
          }}
        />
      )}
    </section>
  );
}

function Group({
  name,
  processes,
  onEnd,
}: {
  name: string;
  processes: readonly ProcessReport[];
  onEnd: (process: ProcessReport) => void;
}) {
  const memory = processes.reduce((sum, { memory_bytes }) => sum + memory_bytes, 0);
  return (
    <>
      <h2 className="section-title">
        {name}
        {processes.length > 0 && ` · ${processes.length}, ${bytes(memory)}`}
      </h2>
      {processes.length === 0 && <p className="dim pad">none</p>}
      {processes.map((process) => (
        <ProcessRow key={`${process.pid}-${process.start_time}`} process={process} onEnd={onEnd} />
      ))}
    </>
  );
}
