/** A block of the conversation with a headline: shown in full, a tap on the headline folds it. */
import { type ReactNode, useState } from 'react';

export function Block({
  kind,
  name,
  head,
  aside,
  children,
  folded = false,
  status,
}: {
  /** For styling: `bash`, `edit`, `reasoning` … */
  kind: string;
  /** What it is, for screen readers and tests. */
  name: string;
  head: ReactNode;
  aside?: ReactNode;
  children?: ReactNode;
  folded?: boolean;
  status?: string;
}) {
  const [open, setOpen] = useState(!folded);
  const hasBody = children !== undefined && children !== null && children !== false;
  return (
    <section
      className={`block ${kind}`}
      aria-label={name}
      data-testid={kind === 'reasoning' ? 'reasoning' : 'tool'}
      data-tool={kind}
      data-status={status}
    >
      {hasBody ? (
        <button type="button" className="block-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <span className="block-title">{head}</span>
          {aside !== undefined && <span className="block-aside">{aside}</span>}
          <span className="block-fold" aria-hidden="true">
            {open ? '−' : '+'}
          </span>
        </button>
      ) : (
        <div className="block-head">
          <span className="block-title">{head}</span>
          {aside !== undefined && <span className="block-aside">{aside}</span>}
        </div>
      )}
      {hasBody && open && <div className="block-body">{children}</div>}
    </section>
  );
}
