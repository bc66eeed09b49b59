/** The frame of every page: the drawer with the chats, and what concerns the whole app. */
import { lazy, type ReactNode, Suspense, useCallback, useRef, useState } from 'react';
import { useLocation } from 'wouter';
import { ConnectionBar } from './ConnectionBar';
import { Drawer } from './Drawer';
import { InstanceBar } from './InstanceBar';
import { InstanceNotice } from './InstanceNotice';
import { ShellContext } from './shell-context';
import { UpdateBar } from './UpdateBar';
import { useIsWide } from './useDrawerFocus';
import { useDrawerSwipe } from './useDrawerSwipe';
import { useFreshWorktrees } from './useFreshWorktrees';
import { useNotifications } from './useNotifications';
import './shell.css';

const RepairsBar = lazy(() => import('./RepairsBar'));
const RareBars = lazy(() => import('./RareBars'));

export function Shell({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  const open = useCallback(() => setOpen(true), []);
  const close = useCallback(() => setOpen(false), []);
  const drawer = useRef<HTMLElement>(null);
  const scrim = useRef<HTMLDivElement>(null);
  const swipe = useDrawerSwipe({ drawer, scrim }, isOpen, setOpen);
  const isWide = useIsWide();
  useNotifications();
  useFreshWorktrees();
  const [path] = useLocation();
  const current = /^\/chat\/([^/]+)/.exec(path)?.[1] ?? null;
  return (
    <ShellContext value={open}>
      <div className="shell" {...swipe}>
        <Drawer panel={drawer} scrim={scrim} isOpen={isOpen} current={current} onClose={close} />
        <div className="page" inert={isOpen && !isWide}>
          <InstanceNotice />
          <ConnectionBar />
          <InstanceBar />
          <Suspense>
            <RepairsBar />
          </Suspense>
          <UpdateBar />
          <Suspense>
            <RareBars />
          </Suspense>
          {children}
        </div>
      </div>
    </ShellContext>
  );
}
