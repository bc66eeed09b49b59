/** What the agent means to do: the latest list in a conversation, and how far it is. Pure. */
import type { Entry, Transcript } from '@/features/events/state';
import type { Part, Todo } from '@/shared/api/opencode';

/** The list is looked for in so many messages from the end; what was written before that, opencode is asked for. */
const latest = 200;

/** The list that was written last; null when none was in the latest messages. */
export function latestTodos(transcript: Transcript | undefined): readonly Todo[] | null {
  for (const id of transcript?.order.slice(-latest).reverse() ?? []) {
    const todos = writtenIn(transcript?.entries[id]);
    if (todos) return todos;
  }
  return null;
}

function writtenIn(entry: Entry | undefined): readonly Todo[] | null {
  const part = entry?.parts.findLast(isWritten);
  const todos: unknown = part?.type === 'tool' && part.state.input.todos;
  // The same list again for the same part: a slice of the store must not change by itself.
  return Array.isArray(todos) && todos.every(isTodo) ? todos : null;
}

/** One that failed, or is not whole yet, changed nothing. */
function isWritten(part: Part): boolean {
  return part.type === 'tool' && part.tool === 'todowrite' && part.state.status === 'completed';
}

function isTodo(value: unknown): value is Todo {
  return typeof value === 'object' && value !== null && 'content' in value && 'status' in value;
}

export interface Progress {
  done: number;
  total: number;
  /** What is being done, else what comes next. */
  current: string;
}

/** How far a list is; null when nothing of it is left to do. */
export function progressOf(todos: readonly Todo[]): Progress | null {
  const wanted = todos.filter(({ status }) => status !== 'cancelled');
  const current =
    wanted.find(({ status }) => status === 'in_progress') ??
    wanted.find(({ status }) => status === 'pending');
  if (!current) return null;
  const done = wanted.filter(({ status }) => status === 'completed').length;
  return { done, total: wanted.length, current: current.content };
}
