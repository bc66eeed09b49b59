/** One call of a tool, in the form that suits the tool; by name and value where it was given what the tool cannot take. */
import { memo } from 'react';
import type { ToolPart } from '@/shared/api/opencode';
import { todosOf } from '../todos';
import { Bash } from './Bash';
import { Change } from './Change';
import { Lookup } from './Lookup';
import { isLookup } from './lookups';
import { Other } from './Other';
import { Questions } from './Questions';
import { askedBy } from './questions';
import { Subagent } from './Subagent';
import { Todos } from './Todos';
import { isRunning } from './tool';
import './tools.css';

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
      return todosOf(part) || isRunning(part) ? <Todos part={part} /> : <Other part={part} />;
    case 'task':
      return <Subagent part={part} />;
    case 'question':
      return askedBy(part) || isRunning(part) ? <Questions part={part} /> : <Other part={part} />;
    default:
      return isLookup(part.tool) ? <Lookup part={part} directory={directory} /> : <Other part={part} />;
  }
});
