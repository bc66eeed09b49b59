/** The changes of a chat, file by file, each shown in full until it is folded. */
import { useMemo, useState } from 'react';
import type { VcsFileDiff } from '@/shared/api/opencode';
import { DiffCounts } from '@/shared/diff/DiffCounts';
import { DiffLines } from '@/shared/diff/DiffLines';
import { parsePatch } from '@/shared/diff/patch';
import './file-diffs.css';

export function FileDiffs({ files }: { files: readonly VcsFileDiff[] }) {
  return (
    <div className="file-diffs" data-testid="diff-view">
      {files.map((file) => (
        <FileDiff key={file.file} file={file} />
      ))}
    </div>
  );
}

/** Longer diffs begin folded: a lock file of ten thousand lines would stand in the way of all others. */
const longDiff = 2_000;

function FileDiff({ file }: { file: VcsFileDiff }) {
  const lines = useMemo(() => parsePatch(file.patch ?? ''), [file.patch]);
  const [open, setOpen] = useState(lines.length <= longDiff);
  return (
    <section aria-label={file.file}>
      <button type="button" className="file-diff-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="file-diff-name">
          {file.file}
          {file.status !== 'modified' && <span className="dim"> {file.status}</span>}
        </span>
        <DiffCounts additions={file.additions} deletions={file.deletions} />
        <span className="block-fold" aria-hidden="true">
          {open ? '−' : '+'}
        </span>
      </button>
      {open &&
        (lines.length > 0 ? (
          <DiffLines lines={lines} label={file.file} />
        ) : (
          <p className="dim pad">no text to show</p>
        ))}
    </section>
  );
}
