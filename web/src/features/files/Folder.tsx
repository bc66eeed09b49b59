/** What is in one folder of the working copy. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { FolderEntry } from '@/shared/api/git';
import { queries } from '@/shared/api/queries';
import { bytes } from '@/shared/format';
import { filesAddress } from '@/shared/git/addresses';
import { Failure, Loading } from '@/shared/ui/Notice';
import './files.css';

export function Folder({ chat, path }: { chat: string; path: string }) {
  const folder = useQuery(queries.folder(chat, path));
  const { data, error } = folder;
  if (error) {
    return (
      <Failure what="The folder could not be read." error={error} onRetry={() => void folder.refetch()} />
    );
  }
  if (!data) return <Loading what="reading the folder" />;
  return (
    <div data-testid="folder">
      {data.entries.length === 0 && <p className="dim pad">An empty folder.</p>}
      {data.entries.map((entry) => (
        <Entry key={entry.path} chat={chat} entry={entry} />
      ))}
      {data.truncated && <p className="dim pad">There is more than can be listed: search for it above.</p>}
    </div>
  );
}

const kinds: Record<FolderEntry['kind'], string> = {
  file: '',
  folder: '',
  link: 'link',
  submodule: 'submodule',
};

function Entry({ chat, entry }: { chat: string; entry: FolderEntry }) {
  const { name, path, kind, size_bytes, ignored } = entry;
  const isFolder = kind === 'folder';
  const note = [
    kinds[kind],
    ignored ? 'ignored' : '',
    size_bytes === null || isFolder ? '' : bytes(size_bytes),
  ]
    .filter(Boolean)
    .join(' · ');
  const text = (
    <>
      <span className="grow">
        {name}
        {isFolder && <span className="dim">/</span>}
      </span>
      <span className="file-note">{note}</span>
    </>
  );
  const className = `row file-row${ignored ? ' ignored' : ''}`;

  if (kind === 'submodule') return <div className={className}>{text}</div>;
  return (
    <Link
      className={className}
      href={filesAddress(chat, isFolder ? `${path}/` : path)}
      data-testid="file-entry"
    >
      {text}
    </Link>
  );
}
