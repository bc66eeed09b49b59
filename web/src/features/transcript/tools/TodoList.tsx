/** What the agent means to do, and how far it is. */

const signs: Record<string, string> = {
  completed: '[✓]',
  in_progress: '[•]',
  cancelled: '[×]',
  pending: '[ ]',
};

interface Item {
  content: string;
  status: string;
}

function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && 'content' in value && 'status' in value;
}

export function TodoList({ todos }: { todos: readonly unknown[] }) {
  return (
    <ul className="todos">
      {todos.filter(isItem).map((todo) => (
        <li key={todo.content} className={todo.status}>
          <span role="img" aria-label={todo.status.replace('_', ' ')}>
            {signs[todo.status] ?? '[ ]'}
          </span>{' '}
          <span>{todo.content}</span>
        </li>
      ))}
    </ul>
  );
}
