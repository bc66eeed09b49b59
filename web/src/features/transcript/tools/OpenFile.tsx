/** Leads from a path that a tool names to the file, where that is in the chat's working copy. */
import { createContext, useContext } from 'react';
import { Link } from 'wouter';
import { filesAddress, pathInside } from '@/shared/git/addresses';

/** The chat whose working copy the conversation is about: for a subagent's that is not its own. Null where there is none. */
export const ChatOfFiles = createContext<string | null>(null);

interface Props {
  /** As a tool names it: absolute, or from `directory`. */
  path: string;
  /** The working copy. */
  directory: string;
  line?: number | undefined;
}

export function OpenFile({ path, directory, line }: Props) {
  const chat = useContext(ChatOfFiles);
  const inner = pathInside(path, directory);
  if (chat === null || inner === null) return null;
  return (
    <Link className="open-file" href={filesAddress(chat, inner, line)} aria-label={`Open ${inner}`}>
      ›
    </Link>
  );
}
