/** The todo list as it was written at this point of the conversation. */
import type { ToolPart } from '@/shared/api/opencode';
import { Block } from '../Block';
import { todosOf } from '../todos';
import { TodoList } from './TodoList';
import { Aside, ToolFailure } from './ToolStatus';

export function Todos({ part }: { part: ToolPart }) {
  const todos = todosOf(part);
  return (
    <Block
      kind="todo"
      name="Todo list"
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign"># </span>Todo
        </>
      }
      aside={<Aside part={part} />}
    >
      {todos && <TodoList todos={todos} />}
      <ToolFailure part={part} />
    </Block>
  );
}
