/** What stands in for a page, or for the whole frame, that could not be rendered: what happened, and what to do. */
import type { ReactNode } from 'react';
import { useLocation } from 'wouter';
import { noted, reportOf } from '@/features/debug/report';
import { explain } from '@/shared/http';
import { Boundary } from '@/shared/ui/Boundary';
import { CopyButton } from '@/shared/ui/CopyButton';

/** Around what an address shows: the drawer stays, and another address is another try. */
export function PageBoundary({ children }: { children: ReactNode }) {
  const [path] = useLocation();
  return (
    <Boundary of={path} where="page" fallback={(error) => <Broken error={error} />}>
      {children}
    </Boundary>
  );
}

/** Around everything: what is in no page, the drawer above all. */
export function FrameBoundary({ children }: { children: ReactNode }) {
  return (
    <Boundary of="frame" where="frame" fallback={(error) => <Broken error={error} />}>
      {children}
    </Boundary>
  );
}

/** What browsers say when a part of the page could not be loaded. */
const unloaded = /dynamically imported module|importing a module script failed|unable to preload css/i;

function Broken({ error }: { error: unknown }) {
  const isUnloaded = error instanceof Error && unloaded.test(error.message);
  return (
    <main className="pad">
      {isUnloaded ? (
        <div className="notice warn" role="alert" data-testid="part-missing">
          <span>
            This part of the page could not be loaded: a newer version has taken its place, or there is no
            network. What you typed is kept.
          </span>
          <ReloadButton />
        </div>
      ) : (
        <div className="notice bad" role="alert" data-testid="page-broken">
          <span>
            The page broke: {explain(error)}. Reload it; what you typed is kept. If it breaks again, copy the
            debug text and report it.
          </span>
          <ReloadButton />
          <CopyButton text={() => reportOf(noted())} label="Copy debug text" word="copy debug text" />
        </div>
      )}
    </main>
  );
}

function ReloadButton() {
  return (
    <button type="button" className="button" onClick={() => location.reload()}>
      Reload
    </button>
  );
}
