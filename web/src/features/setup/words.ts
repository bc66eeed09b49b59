/** How a setup went, in a word or two. Pure. */
import type { Setup } from '@/shared/upkeep';

export function setupWords({ state, steps }: Setup): string {
  switch (state) {
    case 'running':
      return 'running';
    case 'succeeded':
      return 'succeeded';
    case 'failed':
      return steps.find((step) => !step.done)?.text ?? 'failed';
  }
}
