/** What the agent still means to do, pinned above the box: one line, the whole list by a tap. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useEvents } from '@/features/events/store';
import { queries } from '@/shared/api/queries';
import { recallFold, rememberFold } from './folds';
import { isItem, latestTodos, progressOf } from './todos';
import { TodoList } from './tools/TodoList';
import './transcript.css';
import './pinned.css';

export function PinnedTodos({ session, directory }: { session: string; directory: string }) {
  const written = useEvents((state) => latestTodos(state.transcripts[session]));
  // Long ago, or never.
  const isAsked = useEvents((state) => (state.transcripts[session]?.before ?? null) !== null) && !written;
  const { data } = useQuery({ ...queries.todos(session, directory), enabled: isAsked });
  const todos = written ?? data?.filter(isItem) ?? [];
  const progress = progressOf(todos);
  const key = `${session} todos`;
  const [open, setOpen] = useState(() => recallFold(key) ?? false);
  if (!progress) return null;
  return (
    <section className="pinned-todos" aria-label="Todo list" data-testid="pinned-todos">
      <button
        type="button"
        className="block-head"
        aria-expanded={open}
        onClick={() => {
          setOpen(!open);
          rememberFold(key, open ? null : true);
        }}
      >
        <span className="block-title">
          <span className="pinned-count">
            {progress.done}/{progress.total}
          </span>{' '}
          {progress.current}
        </span>
        <span className="block-fold" aria-hidden="true">
          {open ? '−' : '+'}
        </span>
      </button>
      {open && <TodoList todos={todos} />}
    </section>
  );
}
