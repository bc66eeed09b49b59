/** Where a file or folder is, each folder above it one tap away. */
import { Fragment } from 'react';
import { Link } from 'wouter';
import { filesAddress } from '@/shared/git/addresses';
import { parentsOf } from './location';
import './files.css';

export function Path({ chat, root, path }: { chat: string; root: string; path: string }) {
  return (
    <nav className="file-path" aria-label="Path">
      <Link href={filesAddress(chat)}>{root}</Link>
      {parentsOf(path).map((parent) => (
        <Fragment key={parent.path}>
          <span className="dim">/</span>
          <Link href={filesAddress(chat, parent.path)}>{parent.name}</Link>
        </Fragment>
      ))}
      {path !== '' && (
        <>
          <span className="dim">/</span>
          <span className="file-path-last" aria-current="page">
            {path.split('/').pop()}
          </span>
        </>
      )}
    </nav>
  );
}
