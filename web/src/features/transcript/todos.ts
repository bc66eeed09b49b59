/** What the agent means to do: the latest list in a conversation, and how far it is. Pure. */
import type { Entry, Transcript } from '@/features/events/state';
import type { Part, Todo, ToolPart } from '@/shared/api/opencode';
import { inputOf, isFields } from './tools/tool';

/** What of it is shown. */
export type Item = Pick<Todo, 'content' | 'status'>;

/** The list is looked for in so many messages from the end; what was written before that, opencode is asked for. */
const latest = 200;

/** The list that was written last; null when none was in the latest messages. */
export function latestTodos(transcript: Transcript | undefined): readonly Item[] | null {
  for (const id of transcript?.order.slice(-latest).reverse() ?? []) {
    const todos = writtenIn(transcript?.entries[id]);
    if (todos) return todos;
  }
  return null;
}

function writtenIn(entry: Entry | undefined): readonly Item[] | null {
  const part = entry?.parts.findLast(isWritten);
  return part ? todosOf(part) : null;
}

/** One that failed, or is not whole yet, changed nothing. */
function isWritten(part: Part): part is ToolPart {
  return part.type === 'tool' && part.tool === 'todowrite' && part.state?.status === 'completed';
}

/** The list that a call writes, the very one that it holds; null where it is no such list, or not here yet. */
export function todosOf(part: ToolPart): readonly Item[] | null {
  const { todos } = inputOf(part);
  return Array.isArray(todos) && todos.every(isItem) ? todos : null;
}

export function isItem(value: unknown): value is Item {
  return isFields(value) && typeof value.content === 'string' && typeof value.status === 'string';
}

export interface Progress {
  done: number;
  total: number;
  /** What is being done, else what comes next. */
  current: string;
}

/** How far a list is; null when nothing of it is left to do. */
export function progressOf(todos: readonly Item[]): Progress | null {
  const wanted = todos.filter(({ status }) => status !== 'cancelled');
  const current =
    wanted.find(({ status }) => status === 'in_progress') ??
    wanted.find(({ status }) => status === 'pending');
  if (!current) return null;
  const done = wanted.filter(({ status }) => status === 'completed').length;
  return { done, total: wanted.length, current: current.content };
}
