/** What the agent means to do, and how far it is. */
import type { Item } from '../todos';

const signs: Record<string, string> = {
  completed: '[✓]',
  in_progress: '[•]',
  cancelled: '[×]',
  pending: '[ ]',
};

export function TodoList({ todos }: { todos: readonly Item[] }) {
  return (
    <ul className="todos">
      {todos.map((todo, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two may say the same.
        <li key={index} className={todo.status}>
          <span role="img" aria-label={todo.status.replace('_', ' ')}>
            {signs[todo.status] ?? '[ ]'}
          </span>{' '}
          <span>{todo.content}</span>
        </li>
      ))}
    </ul>
  );
}
