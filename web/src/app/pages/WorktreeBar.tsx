/** The top of the pages about a chat's working copy: back to the chat, and one tap to each of the others. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { diffAddress, filesAddress, logAddress } from '@/shared/git/addresses';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';
import './worktree.css';

interface Props {
  chat: string;
  title: string;
  sub: ReactNode;
  /** Which of the pages this is. */
  page: 'changes' | 'commit' | 'log' | 'files';
}

export function WorktreeBar({ chat, title, sub, page }: Props) {
  useTitle(title);
  const links = [
    { name: 'changes', href: diffAddress(chat) },
    { name: 'log', href: logAddress(chat) },
    { name: 'files', href: filesAddress(chat) },
  ];
  return (
    <TopBar
      before={<BackButton href={`/chat/${chat}`} label="the chat" />}
      title={title}
      sub={sub}
      after={
        <nav className="worktree-links" aria-label="Working copy">
          {links
            .filter(({ name }) => name !== page)
            .map(({ name, href }) => (
              <Link key={name} href={href}>
                {name}
              </Link>
            ))}
        </nav>
      }
    />
  );
}
