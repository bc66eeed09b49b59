/** A few lines over time. What they say is in words beside them, for whoever reads no drawing. */
import type { LoadSample } from '@/shared/api/admin';
import { age } from '@/shared/format';
import { beginning, height, line, type Measure, width } from './series';

interface Line {
  name: string;
  measure: Measure;
  /** Now and the peak. */
  words: string;
}

export interface LineChartProps {
  name: string;
  samples: readonly LoadSample[];
  /** Seconds between samples. */
  interval: number;
  hours: number;
  /** The value at the upper edge. */
  top: number;
  /** The first is white, the second coloured. */
  lines: readonly Line[];
}

export function LineChart({ name, samples, interval, hours, top, lines }: LineChartProps) {
  const to = Date.now();
  const from = beginning(samples, hours, to);
  const frame = { from, to, top, interval };
  return (
    <figure className="line-chart" data-testid="load-chart" data-name={name}>
      <figcaption>
        {lines.map(({ name: label, words }, index) => (
          <p key={label}>
            <span className={`line-name line-${index}`}>{label}</span> {words}
          </p>
        ))}
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${name} over ${age(to - from)}: ${lines.map(({ name: label, words }) => `${label} ${words}`).join('; ')}`}
      >
        {lines.map(({ name: label, measure }, index) => (
          <path key={label} className={`line-${index}`} d={line(samples, measure, frame)} />
        ))}
      </svg>
      <p className="line-times dim" aria-hidden="true">
        <span>{age(to - from)} ago</span>
        <span>now</span>
      </p>
    </figure>
  );
}
