/**
 * The parts of a page, one below the other. The one whose key the address names (`/resources#services`) comes first: what
 * led here is about it, and it is not looked for below what still loads.
 */
import type { ReactElement } from 'react';
import { useLocationProperty } from 'wouter/use-browser-location';

export function PageParts({ parts }: { parts: readonly ReactElement[] }) {
  const named = useLocationProperty(() => location.hash.slice(1));
  const isNamed = ({ key }: ReactElement) => key === named;
  return (
    // Another one that is named begins at the top again.
    <main className="page-body" key={named}>
      <div className="page-content">
        {[...parts.filter(isNamed), ...parts.filter((part) => !isNamed(part))]}
      </div>
    </main>
  );
}
