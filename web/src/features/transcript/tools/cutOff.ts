/** What a tool was doing when its answer was cut off: nothing runs any more, though opencode's record still says so. Pure. */
import type { Part, ToolPart } from '@/shared/api/opencode';
import { isRunning, metadata } from './tool';

/** The parts of an answer that was cut off. Those that had ended are the very same. */
export function cutOffParts(parts: readonly Part[]): readonly Part[] {
  return parts.map((part) => (part.type === 'tool' && isRunning(part) ? cutOff(part) : part));
}

function cutOff(part: ToolPart): ToolPart {
  const { input } = part.state;
  const start = part.state.status === 'running' ? part.state.time.start : 0;
  return {
    ...part,
    state: {
      status: 'error',
      input,
      error: 'Cut off: opencode stopped while this ran.',
      metadata: metadata(part),
      // When it ended nobody knows: it is shown without a time.
      time: { start, end: start },
    },
  };
}
