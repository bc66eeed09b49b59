/** The changed files as a tree, to jump to one of them. */
import type { FileChange } from '@/shared/api/git';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { statusLetter, statusWords } from './status';
import { type Branch, buildTree } from './tree';
import './file-tree.css';

interface Props {
  files: readonly FileChange[];
  onChoose: (path: string) => void;
}

export function FileTree({ files, onChoose }: Props) {
  return (
    <nav className="file-tree" aria-label="Changed files">
      <Rows branch={buildTree(files)} depth={0} onChoose={onChoose} />
    </nav>
  );
}

function Rows({
  branch,
  depth,
  onChoose,
}: {
  branch: Branch<FileChange>;
  depth: number;
  onChoose: Props['onChoose'];
}) {
  const indent = { '--depth': String(depth) } as React.CSSProperties;
  return (
    <>
      {branch.folders.map((folder) => (
        <div key={folder.path}>
          <div className="file-tree-folder" style={indent}>
            {folder.name}/
          </div>
          <Rows branch={folder} depth={depth + 1} onChoose={onChoose} />
        </div>
      ))}
      {branch.files.map(({ name, file }) => (
        <button
          key={file.path}
          type="button"
          className="file-tree-file"
          style={indent}
          aria-label={`${file.path}, ${statusWords(file)}`}
          onClick={() => onChoose(file.path)}
        >
          <span className={`file-tree-letter ${file.status}`}>{statusLetter(file.status)}</span>
          <span className="file-tree-name">{name}</span>
          {file.additions + file.deletions > 0 && (
            <DiffCounts additions={file.additions} deletions={file.deletions} />
          )}
        </button>
      ))}
    </>
  );
}
