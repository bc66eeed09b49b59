import { expect, test } from 'vitest';
import { type Entry, emptyTranscript, type Transcript } from '@/features/events/state';
import { latestTodos, progressOf } from './todos';

const todo = (content: string, status: string) => ({ content, status, priority: 'medium' });

function transcript(...calls: { status: string; todos: unknown }[]): Transcript {
  const entries = calls.map(({ status, todos }, index) => {
    const part = { id: 'prt', type: 'tool', tool: 'todowrite', state: { status, input: { todos } } };
    return [`msg_${index}`, { info: { id: `msg_${index}` }, parts: [part] } as unknown as Entry] as const;
  });
  return { ...emptyTranscript, order: entries.map(([id]) => id), entries: Object.fromEntries(entries) };
}

test('the list that was written last counts, not one that is still being written or failed', () => {
  const written = [todo('plan', 'completed'), todo('build', 'in_progress')];
  const conversation = transcript(
    { status: 'completed', todos: [todo('plan', 'pending')] },
    { status: 'completed', todos: written },
    { status: 'error', todos: [] },
    { status: 'running', todos: [{ cont: 1 }] },
  );
  expect(latestTodos(conversation)).toBe(written);
  expect(latestTodos(emptyTranscript)).toBeNull();
  expect(latestTodos(undefined)).toBeNull();
});

test('what is being done is current, else what comes next; what was given up does not count', () => {
  const list = [
    todo('a', 'completed'),
    todo('b', 'cancelled'),
    todo('c', 'pending'),
    todo('d', 'in_progress'),
  ];
  expect(progressOf(list)).toEqual({ done: 1, total: 3, current: 'd' });
  expect(progressOf([todo('a', 'completed'), todo('c', 'pending')])?.current).toBe('c');
});

test('a list of which nothing is left is not shown', () => {
  expect(progressOf([todo('a', 'completed'), todo('b', 'cancelled')])).toBeNull();
  expect(progressOf([])).toBeNull();
});
