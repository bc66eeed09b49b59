/** What somebody typed, of a prompt as opencode stores it. Pure. */
import type { Entry, Transcript } from '@/features/events/state';

/** opencode stores a line for the shell as this, and the line itself in the answer. */
const shellNote = 'The following tool was executed by the user';

/** Null where nobody typed it: opencode tells agents things in the name of their user. */
export function saidIn(transcript: Transcript, { info, parts }: Entry): string | null {
  const texts = parts.flatMap((part) => (part.type === 'text' && !part.synthetic ? [part.text] : []));
  if (texts.length > 0) return texts.join('\n\n').trim();
  // A command whose work a subagent does.
  const subtask = parts.find((part) => part.type === 'subtask');
  if (subtask) return subtask.command === undefined ? subtask.description : `/${subtask.command}`;
  if (parts.some((part) => part.type === 'text' && part.text === shellNote)) {
    return `!${shellLine(transcript, info.id)}`;
  }
  return parts.some((part) => part.type !== 'text') ? '' : null;
}

function shellLine(transcript: Transcript, prompt: string): string {
  const after = transcript.order.slice(transcript.order.indexOf(prompt) + 1);
  const answer = after.map((id) => transcript.entries[id]).find((entry) => isAnswerTo(entry, prompt));
  const call = answer?.parts.find((part) => part.type === 'tool');
  const line: unknown = call?.state?.input?.command;
  return typeof line === 'string' ? line : '';
}

function isAnswerTo(entry: Entry | undefined, prompt: string): boolean {
  return entry?.info.role === 'assistant' && entry.info.parentID === prompt;
}

/** What the person said last in a conversation. */
export function lastSaid(transcript: Transcript | undefined): string | null {
  if (!transcript) return null;
  for (const id of transcript.order.toReversed()) {
    const entry = transcript.entries[id];
    const said = entry?.info.role === 'user' ? saidIn(transcript, entry) : null;
    if (said !== null && said !== '') return said;
  }
  return null;
}
