/** The changes of a chat, file by file. */

import type { FileChange } from '@/shared/api/git';
import { withoutFile } from '@/shared/review/placed';
import { FileDiff, type FileDiffProps } from './FileDiff';
import { useFolds } from './folds';
import './file-diffs.css';

interface Props extends Pick<FileDiffProps, 'view' | 'comments' | 'selected' | 'onSelect' | 'renderComment'> {
  chat: string;
  files: readonly FileChange[];
  addressOf: (path: string) => string;
}

export function FileDiffs({ chat, files, addressOf, ...rest }: Props) {
  const { comments, view, renderComment } = rest;
  const [folds, setOpen] = useFolds(chat);
  const lost = withoutFile(
    comments,
    files.map(({ path }) => path),
    view,
  );
  return (
    <div className="file-diffs" data-testid="diff-view">
      {lost.length > 0 && (
        <section aria-label="Comments on files that are not changed any more">
          {lost.map((comment) => renderComment(comment, false))}
        </section>
      )}
      {files.map((file) => (
        <FileDiff
          key={file.path}
          {...rest}
          file={file}
          isOpen={folds[file.path]}
          onOpen={setOpen}
          address={addressOf(file.path)}
        />
      ))}
    </div>
  );
}
