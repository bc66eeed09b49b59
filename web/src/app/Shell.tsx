/** The frame of every page: the drawer with the chats, and what concerns the whole app. */
import { type ReactNode, useCallback, useState } from 'react';
import { useLocation } from 'wouter';
import { ConnectionBar } from './ConnectionBar';
import { Drawer } from './Drawer';
import { InstanceBar } from './InstanceBar';
import { InstanceNotice } from './InstanceNotice';
import { ShellContext } from './shell-context';
import { useFreshWorktrees } from './useFreshWorktrees';
import { useNotifications } from './useNotifications';
import { useSwipe } from './useSwipe';
import './shell.css';

export function Shell({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const open = useCallback(() => setOpen(true), []);
  const close = useCallback(() => setOpen(false), []);
  const swipe = useSwipe({ onRight: open, onLeft: close });
  useNotifications();
  useFreshWorktrees();
  const [path] = useLocation();
  const current = /^\/chat\/([^/]+)/.exec(path)?.[1] ?? null;
  return (
    <ShellContext value={open}>
      <div className="shell" {...swipe}>
        <Drawer isOpen={isOpen} current={current} onClose={close} />
        <div className="page">
          <InstanceNotice />
          <ConnectionBar />
          <InstanceBar />
          {children}
        </div>
      </div>
    </ShellContext>
  );
}
