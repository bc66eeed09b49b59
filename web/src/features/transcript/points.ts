/** What can be done from a message on: its text, and where opencode has to cut to revert or fork there. Pure. */
import type { Entry, Transcript } from '@/features/events/state';
import type { ToolPart } from '@/shared/api/opencode';
import { failureOf, input, inputOf, outputOf } from './tools/tool';

/** What a message says, as markdown; of one that only calls tools, the calls with what came of them. */
export function textOf(entry: Entry | undefined): string {
  const said = entry?.parts.flatMap((part) => (part.type === 'text' && !part.synthetic ? [part.text] : []));
  const text = said?.join('\n\n').trim() ?? '';
  if (text !== '' || !entry) return text;
  return entry.parts.flatMap((part) => (part.type === 'tool' ? [callOf(part)] : [])).join('\n\n');
}

function callOf(part: ToolPart): string {
  const command = input(part, 'command');
  const head = command === '' ? `${part.tool} ${JSON.stringify(inputOf(part))}` : `$ ${command}`;
  const output = failureOf(part) ?? outputOf(part);
  return `\`\`\`\n${[head, output.trimEnd()].filter(Boolean).join('\n')}\n\`\`\``;
}

/** What a revert takes back. */
export interface Undone {
  /** The prompt that opencode is to revert to: it goes too. */
  from: string;
  messages: number;
  /** Files that were changed since, with their whole paths. */
  files: readonly string[];
}

/**
 * What goes when a conversation is reverted to a message: from a prompt on, or what came after an answer. opencode
 * reverts whole turns, so after an answer it is the next prompt that counts. Null where there is nothing to undo.
 */
export function undoneBy(transcript: Transcript, message: string): Undone | null {
  const at = transcript.order.indexOf(message);
  if (at === -1) return null;
  const prompt = transcript.order.slice(at).find((id) => transcript.entries[id]?.info.role === 'user');
  if (prompt === undefined) return null;
  const gone = transcript.order.slice(transcript.order.indexOf(prompt));
  const files = gone.flatMap((id) =>
    (transcript.entries[id]?.parts ?? []).flatMap((part) => (part.type === 'patch' ? part.files : [])),
  );
  return { from: prompt, messages: gone.length, files: [...new Set(files)] };
}

/**
 * Before which message a fork ends: a prompt itself, as it is to be said anew, or what follows an answer; undefined for
 * the whole conversation.
 */
export function forkBefore(transcript: Transcript, message: string): string | undefined {
  if (transcript.entries[message]?.info.role === 'user') return message;
  const at = transcript.order.indexOf(message);
  return at === -1 ? undefined : transcript.order[at + 1];
}

/** The messages that a reverted conversation still shows: those before `reverted`, which may not be loaded. */
export function shownBefore(order: readonly string[], reverted: string | null): readonly string[] {
  if (reverted === null) return order;
  const at = order.indexOf(reverted);
  if (at !== -1) return order.slice(0, at);
  // Ids count up with time.
  const first = order[0];
  return first !== undefined && first > reverted ? [] : order;
}

/** How many files a diff is about. */
export function filesIn(diff: string): number {
  return diff.match(/^diff --git /gm)?.length ?? 0;
}
