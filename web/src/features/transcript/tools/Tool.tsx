/** One call of a tool, in the form that suits the tool. */
import { memo } from 'react';
import type { ToolPart } from '@/shared/api/opencode';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { DiffLines } from '@/shared/diff/DiffLines';
import { asAdded, countLines, type DiffLine, parsePatch } from '@/shared/diff/patch';
import { relativePath } from '@/shared/format';
import { Block } from '../Block';
import { Questions } from './Questions';
import { Subagent } from './Subagent';
import { TodoList } from './TodoList';
import { Aside, ToolFailure } from './ToolStatus';
import { failureOf, field, input, isRunning, metadata, outputOf, plainOutput } from './tool';

interface Props {
  part: ToolPart;
  /** The chat's working copy: paths are shown from there. */
  directory: string;
}

export const Tool = memo(({ part, directory }: Props) => {
  switch (part.tool) {
    case 'bash':
      return <Bash part={part} />;
    case 'edit':
    case 'write':
    case 'apply_patch':
      return <Change part={part} directory={directory} />;
    case 'todowrite':
      return <Todos part={part} />;
    case 'task':
      return <Subagent part={part} directory={directory} />;
    case 'question':
      return <Questions part={part} />;
    default:
      return <OneLine part={part} directory={directory} />;
  }
});

function Bash({ part }: { part: ToolPart }) {
  const command = input(part, 'command');
  const meta = metadata(part);
  const output = plainOutput(field(meta, 'output') || outputOf(part)).replace(/\n$/, '');
  const exit = meta.exit;
  const failed = typeof exit === 'number' && exit !== 0;
  return (
    <Block
      kind="bash"
      name={`Command ${command}`}
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">$ </span>
          {command || 'preparing a command'}
        </>
      }
      aside={failed ? <span className="deleted">exit {exit}</span> : <Aside part={part} />}
    >
      {(output !== '' || failureOf(part) !== null) && (
        <>
          {output !== '' && <pre className="output">{output}</pre>}
          <ToolFailure part={part} />
        </>
      )}
    </Block>
  );
}

function changeLines(part: ToolPart): DiffLine[] {
  const diff = field(metadata(part), 'diff');
  if (diff !== '') return parsePatch(diff);
  if (part.tool === 'write') return asAdded(input(part, 'content'));
  return [];
}

function Change({ part, directory }: Props) {
  const path = relativePath(input(part, 'filePath'), directory) || 'files';
  const lines = changeLines(part);
  const running = isRunning(part);
  return (
    <Block
      kind={part.tool}
      name={`${part.tool === 'write' ? 'Write' : 'Edit'} ${path}`}
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">← </span>
          {part.tool === 'write' ? 'Write' : 'Edit'} {path}
        </>
      }
      aside={
        running || part.state.status === 'error' ? (
          <Aside part={part} />
        ) : (
          <DiffCounts {...countLines(lines)} />
        )
      }
    >
      {lines.length > 0 && <DiffLines lines={lines} label={path} />}
      <ToolFailure part={part} />
    </Block>
  );
}

function Todos({ part }: { part: ToolPart }) {
  const todos = part.state.input.todos;
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
      {Array.isArray(todos) && <TodoList todos={todos} />}
      <ToolFailure part={part} />
    </Block>
  );
}

/** Signs as in opencode's terminal. */
const signs: Record<string, string> = {
  read: '→',
  list: '→',
  grep: '✱',
  glob: '✱',
  webfetch: '%',
  websearch: '◈',
  skill: '→',
};

function summary(part: ToolPart, directory: string): string {
  const meta = metadata(part);
  const matches = (count: unknown) => (typeof count === 'number' ? ` (${count})` : '');
  switch (part.tool) {
    case 'read': {
      const { offset, limit } = part.state.input;
      const range = typeof offset === 'number' ? ` from line ${offset}` : '';
      const most = typeof limit === 'number' ? `, ${limit} lines` : '';
      return `Read ${relativePath(input(part, 'filePath'), directory)}${range}${most}`;
    }
    case 'list':
      return `List ${relativePath(input(part, 'path'), directory) || '.'}`;
    case 'grep':
      return `Grep "${input(part, 'pattern')}"${matches(meta.matches)}`;
    case 'glob':
      return `Glob ${input(part, 'pattern')}${matches(meta.count)}`;
    case 'webfetch':
      return `Fetch ${input(part, 'url')}`;
    case 'websearch':
      return `Search the web for "${input(part, 'query')}"`;
    default: {
      const title = part.state.status === 'completed' ? part.state.title : '';
      const argument = Object.values(part.state.input).find((value) => typeof value === 'string');
      return `${part.tool} ${title || (argument ?? '')}`.trim();
    }
  }
}

/** Tools that only look: one line; what they found opens with a tap. */
function OneLine({ part, directory }: Props) {
  const text = summary(part, directory);
  const output = outputOf(part).trimEnd();
  return (
    <Block
      kind="line"
      name={text}
      status={part.state.status}
      folded={failureOf(part) === null}
      head={
        <>
          <span className="prompt-sign">{signs[part.tool] ?? '⚙'} </span>
          {text}
        </>
      }
      aside={<Aside part={part} />}
    >
      {failureOf(part) !== null ? (
        <ToolFailure part={part} />
      ) : (
        output !== '' && <pre className="output">{plainOutput(output)}</pre>
      )}
    </Block>
  );
}
