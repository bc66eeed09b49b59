/** What a subagent said in the end, and what it does now. Pure. */
import type { Transcript } from '@/features/events/state';
import type { Part } from '@/shared/api/opencode';
import { inputOf } from './tool';

/** opencode wraps the answer for the model: the reader sees what was said. */
export function resultOf(output: string): string {
  const wrapped = /<task_result>([\s\S]*?)(?:<\/task_result>|$)/.exec(output)?.[1];
  return (wrapped ?? output.replace(/<\/?task[^>]*>/g, '').replace(/<task_metadata>[\s\S]*$/, '')).trim();
}

/** The last thing that happened in its conversation, in one line; null while there is nothing. */
export function lastLineOf(transcript: Transcript | undefined): string | null {
  for (const id of transcript?.order.toReversed() ?? []) {
    const entry = transcript?.entries[id];
    if (entry?.info.role !== 'assistant') continue;
    for (const part of entry.parts.toReversed()) {
      const line = lineOf(part);
      if (line !== null) return line;
    }
  }
  return null;
}

function lineOf(part: Part): string | null {
  switch (part.type) {
    case 'text':
    case 'reasoning':
      return part.text.trim().split('\n').at(-1)?.trim() || null;
    case 'tool': {
      const { state } = part;
      const title = state.status === 'completed' || state.status === 'running' ? state.title : undefined;
      const argument = Object.values(inputOf(part)).find((value) => typeof value === 'string');
      return `${part.tool} ${title || (argument ?? '')}`.trim();
    }
    default:
      return null;
  }
}
