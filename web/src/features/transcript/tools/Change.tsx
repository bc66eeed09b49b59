/** Files that were edited, written or patched, as coloured diffs. */
import { useMemo } from 'react';
import type { ToolPart } from '@/shared/api/opencode';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { DiffLines } from '@/shared/diff/DiffLines';
import { countLines } from '@/shared/diff/patch';
import { plural } from '@/shared/format';
import { Block } from '../Block';
import { changesOf, type FileChange } from './changes';
import { OpenFile } from './OpenFile';
import { Aside, ToolFailure } from './ToolStatus';
import { isRunning } from './tool';

const verbs: Record<string, string> = { write: 'Write', edit: 'Edit', apply_patch: 'Patch' };

export function Change({ part, directory }: { part: ToolPart; directory: string }) {
  const changes = useMemo(() => changesOf(part, directory), [part, directory]);
  const [only] = changes.length === 1 ? changes : [];
  const what = only?.path || (changes.length > 1 ? plural(changes.length, 'file') : 'files');
  const verb = verbs[part.tool] ?? part.tool;
  const isDone = part.state.status === 'completed';
  return (
    <Block
      kind={part.tool}
      name={`${verb} ${what}`}
      status={part.state.status}
      head={
        <>
          <span className="prompt-sign">← </span>
          {verb} {what}
          {only && only.note !== '' && <span className="dim"> {only.note}</span>}
        </>
      }
      link={only && <OpenFile path={only.path} directory={directory} />}
      aside={
        isDone ? <DiffCounts {...countLines(changes.flatMap(({ lines }) => lines))} /> : <Aside part={part} />
      }
    >
      {changes.map((change) => (
        <ChangedFile key={change.path} change={change} directory={directory} isAlone={changes.length === 1} />
      ))}
      {!isRunning(part) && <ToolFailure part={part} />}
    </Block>
  );
}

interface Props {
  change: FileChange;
  directory: string;
  isAlone: boolean;
}

function ChangedFile({ change, directory, isAlone }: Props) {
  const { path, note, lines } = change;
  return (
    <>
      {!isAlone && (
        <p className="changed-file">
          <span>
            {path} {note !== '' && <span className="dim">{note} </span>}
            <DiffCounts {...countLines(lines)} />
          </span>
          <OpenFile path={path} directory={directory} />
        </p>
      )}
      {lines.length > 0 && <DiffLines lines={lines} label={path} />}
    </>
  );
}
