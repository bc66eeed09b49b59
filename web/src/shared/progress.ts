/** How far a clone, a fetch or a checkout is, in words. Pure. */
import type { Progress } from './api/admin';
import { bytes, count } from './format';

const phases: Record<Progress['phase'], string> = {
  connecting: 'connecting',
  counting: 'GitHub counts',
  compressing: 'GitHub packs',
  receiving: 'receiving',
  resolving: 'putting together',
  checkout: 'writing files',
};

/** `receiving · 450 of 1,000 objects`, and in a line of its own, once bytes come, `1.3 MB · 2.1 MB/s`. */
export function progressLines(progress: Progress): string[] {
  const { phase, objects, total_objects: total, bytes: received, bytes_per_second: rate } = progress;
  const things = phase === 'checkout' ? 'files' : 'objects';
  const done = total > 0 ? [`${count(objects)} of ${count(total)} ${things}`] : [];
  const isMoved = phase === 'receiving' && received > 0;
  const moved = isMoved ? [bytes(received), rate > 0 ? `${bytes(rate)}/s` : 'nothing comes right now'] : [];
  return [[phases[phase], ...done], moved].filter((line) => line.length > 0).map((line) => line.join(' · '));
}
