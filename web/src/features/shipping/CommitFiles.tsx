/** The files of a commit: all of them, until one is tapped away. */
import type { FileChange } from '@/shared/api/git';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { Icon } from '@/shared/ui/Icon';
import { toggled } from './chosen';

interface Props {
  files: readonly FileChange[];
  /** The paths of those that are left out. */
  left: ReadonlySet<string>;
  onChange: (left: ReadonlySet<string>) => void;
}

export function CommitFiles({ files, left, onChange }: Props) {
  // Of one there is nothing to choose.
  if (files.length < 2) return null;
  return (
    <section aria-label="Files of the commit">
      {files.map(({ path, additions, deletions }) => {
        const isIn = !left.has(path);
        return (
          // biome-ignore lint/a11y/useSemanticElements: a row of the look, with a mark in place of a box.
          <button
            key={path}
            type="button"
            role="checkbox"
            aria-checked={isIn}
            aria-label={path}
            className="row commit-file"
            onClick={() => onChange(toggled(left, path))}
          >
            <span className="commit-mark">{isIn && <Icon name="check" />}</span>
            <span className="grow">{path}</span>
            <DiffCounts additions={additions} deletions={deletions} />
          </button>
        );
      })}
    </section>
  );
}
