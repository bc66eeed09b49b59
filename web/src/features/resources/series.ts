/** Samples over time as lines, and in words: now and the peak. Pure. */
import type { LoadSample } from '@/shared/api/admin';
import { bytes, moment } from '@/shared/format';

/** One thing that was measured; null where it was not there. */
export type Measure = (sample: LoadSample) => number | null;

export interface Frame {
  /** Milliseconds since 1970, at the left and the right edge. */
  from: number;
  to: number;
  /** The value at the upper edge. */
  top: number;
  /** Seconds from one sample to the next: where more are missing the line is broken. */
  interval: number;
}

/** Less time than this is not stretched over the whole width, in milliseconds. */
const shortest = 10 * 60_000;

/** From when on there is something to draw within the last hours, in milliseconds since 1970. */
export function beginning(samples: readonly LoadSample[], hours: number, now: number): number {
  const [first] = samples;
  const measured = first ? Math.min(Date.parse(first.at), now - shortest) : now - shortest;
  const whole = hours * 3_600_000;
  // The first sample is never at the very edge.
  return measured - (now - whole) < whole / 50 ? now - whole : measured;
}

/** The drawing's own units; it is stretched to the width that there is. */
export const width = 300;
export const height = 72;

/** A line through the samples, as an SVG path. A sample alone becomes a dot. */
export function line(samples: readonly LoadSample[], measure: Measure, frame: Frame): string {
  const { from, to, top, interval } = frame;
  const path: string[] = [];
  let last: number | null = null;
  for (const sample of samples) {
    const value = measure(sample);
    const at = Date.parse(sample.at);
    if (value === null || at < from) {
      last = null;
      continue;
    }
    const x = (width * (at - from)) / (to - from);
    const y = height * (1 - Math.min(1, value / top));
    const isBroken = last === null || at - last > 2500 * interval;
    path.push(`${isBroken ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}${isBroken ? 'h0' : ''}`);
    last = at;
  }
  return path.join('');
}

export interface Extremes {
  /** The latest value, if it is there now. */
  now: number | null;
  peak: number;
  /** When the peak was, in milliseconds since 1970. */
  peakAt: number;
}

/** The latest and the largest value; null when nothing was measured. */
export function extremes(samples: readonly LoadSample[], measure: Measure): Extremes | null {
  let found: Extremes | null = null;
  for (const sample of samples) {
    const value = measure(sample);
    if (value !== null && (found === null || value >= found.peak)) {
      found = { now: null, peak: value, peakAt: Date.parse(sample.at) };
    }
  }
  const latest = samples.at(-1);
  return found && { ...found, now: latest ? measure(latest) : null };
}

/** "612 MB of 1.0 GB now, at most 840 MB (09:12)". */
export function memoryWords({ now, peak, peakAt }: Extremes, total: number | null): string {
  const of = total === null ? '' : ` of ${bytes(total)}`;
  const current = now === null ? 'not running now' : `${bytes(now)}${of} now`;
  return `${current}, at most ${bytes(peak)} (${moment(peakAt)})`;
}

/** "0.4 now, at most 2.1 (09:12)". */
export function loadWords({ now, peak, peakAt }: Extremes): string {
  return `${(now ?? 0).toFixed(1)} now, at most ${peak.toFixed(1)} (${moment(peakAt)})`;
}
