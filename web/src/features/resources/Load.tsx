/** Memory and load over the last hours, as lines and in words. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { LoadSample } from '@/shared/api/admin';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Tabs } from '@/shared/ui/Tabs';
import { asked } from './asked';
import { LineChart } from './LineChart';
import { extremes, loadWords, memoryWords } from './series';
import './resources.css';

type Span = '1' | '6' | '24';

const spans: readonly { value: Span; label: string }[] = [
  { value: '1', label: '1 hour' },
  { value: '6', label: '6 hours' },
  { value: '24', label: '24 hours' },
];

const memory = (sample: LoadSample) => sample.memory_used_bytes;
const opencodeMemory = (sample: LoadSample) => sample.opencode_memory_bytes;
const load = (sample: LoadSample) => sample.load_1;

export function Load() {
  const [span, setSpan] = useState<Span>('6');
  const { data, error, refetch } = useQuery(asked.load(Number(span)));
  return (
    <section aria-label="Memory and load" data-testid="load">
      <h2 className="section-title">memory and load</h2>
      <div className="pad">
        <Tabs label="Over how long" tabs={spans} chosen={span} onChoose={setSpan} />
      </div>
      {error && <Failure what="Memory and load could not be asked for." error={error} onRetry={refetch} />}
      {!data && !error && <Loading what="asking for memory and load" />}
      {data && <Charts samples={data.samples} interval={data.interval_seconds} hours={Number(span)} />}
    </section>
  );
}

function Charts({
  samples,
  interval,
  hours,
}: {
  samples: readonly LoadSample[];
  interval: number;
  hours: number;
}) {
  const used = extremes(samples, memory);
  const ofOpencode = extremes(samples, opencodeMemory);
  const loads = extremes(samples, load);
  const latest = samples.at(-1);
  if (!used || !loads || !latest) return <p className="dim pad">Nothing is measured yet.</p>;
  const time = { samples, interval, hours };
  const whole = samples.reduce((most, sample) => Math.max(most, sample.memory_total_bytes), 0);
  return (
    <>
      <LineChart
        {...time}
        name="memory"
        top={whole}
        lines={[
          { name: 'memory', measure: memory, words: memoryWords(used, latest.memory_total_bytes) },
          ...(ofOpencode
            ? [{ name: 'opencode', measure: opencodeMemory, words: memoryWords(ofOpencode, null) }]
            : []),
        ]}
      />
      <LineChart
        {...time}
        name="load"
        top={Math.max(1, 1.1 * loads.peak)}
        lines={[{ name: 'load', measure: load, words: loadWords(loads) }]}
      />
    </>
  );
}
