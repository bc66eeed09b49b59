/** The bar at the top of every page. */
import type { ReactNode } from 'react';
import './top-bar.css';

export function TopBar({
  before,
  title,
  sub,
  after,
}: {
  before: ReactNode;
  title: string;
  sub?: ReactNode;
  after?: ReactNode;
}) {
  return (
    <header className="top-bar">
      {before}
      <div className="top-bar-title">
        <h1>{title}</h1>
        {sub !== undefined && <div className="sub">{sub}</div>}
      </div>
      {after}
    </header>
  );
}
