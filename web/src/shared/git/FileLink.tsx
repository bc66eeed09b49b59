/** A path that can be opened, where it is in the chat's working copy. */
import { Link } from 'wouter';
import { filesAddress, pathInside } from './addresses';
import './git-stat.css';

interface Props {
  chat: string;
  /** As a tool names it: absolute, or from `directory`. */
  path: string;
  /** The working copy. */
  directory: string;
  line?: number;
}

export function FileLink({ chat, path, directory, line }: Props) {
  const inner = pathInside(path, directory);
  if (inner === null) return <span>{path}</span>;
  return (
    <Link className="file-link" href={filesAddress(chat, inner, line)}>
      {inner}
    </Link>
  );
}
