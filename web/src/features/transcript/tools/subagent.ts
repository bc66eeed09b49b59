/** What a subagent said in the end, and what it does now. Pure. */
import type { Transcript } from '@/features/events/state';
import type { Part } from '@/shared/api/opencode';
import { inputOf } from './tool';

const opening = '<task_result>';

/** opencode wraps the answer for the model: the reader sees what was said. */
export function resultOf(output: string): string {
  const begin = output.indexOf(opening);
  if (begin === -1) return withoutMarks(output).trim();
  const end = output.lastIndexOf('</task_result>');
  return output.slice(begin + opening.length, end < begin ? undefined : end).trim();
}

function withoutMarks(output: string): string {
  return output.replace(/<\/?task[^<>]*>/g, '').replace(/<task_metadata>[\s\S]*$/, '');
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
