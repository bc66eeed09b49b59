/** A block of the conversation with a headline: shown in full, a tap on the headline folds it, and that is remembered. */
import { createContext, type ReactNode, useContext, useState } from 'react';
import { recallFold, rememberFold } from './folds';

/** The part of a message that a block shows: under its id it is remembered whether it is folded. */
export const PartId = createContext<string | null>(null);

export function Block({
  kind,
  name,
  head,
  aside,
  link,
  children,
  folded = false,
  status,
  memory = kind,
}: {
  /** For styling: `bash`, `edit`, `reasoning` … */
  kind: string;
  /** What it is, for screen readers and tests. */
  name: string;
  head: ReactNode;
  aside?: ReactNode;
  /** Leads elsewhere, beside the headline. */
  link?: ReactNode;
  children?: ReactNode;
  folded?: boolean;
  status?: string;
  /** Which of its part's blocks it is, where a part has several. */
  memory?: string;
}) {
  const [open, toggle] = useFold(memory, !folded);
  const hasBody = children !== undefined && children !== null && children !== false;
  return (
    <section
      className={`block ${kind}`}
      aria-label={name}
      data-testid={kind === 'reasoning' ? 'reasoning' : 'tool'}
      data-tool={kind}
      data-status={status}
    >
      <div className="block-row">
        {hasBody ? (
          <button type="button" className="block-head" aria-expanded={open} onClick={toggle}>
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
        {link}
      </div>
      {hasBody && open && <div className="block-body">{children}</div>}
    </section>
  );
}

/** Whether the block is open; `byDefault` holds, also when it changes, until the reader says otherwise. */
function useFold(memory: string, byDefault: boolean): [open: boolean, toggle: () => void] {
  const part = useContext(PartId);
  const key = part === null ? null : `${part} ${memory}`;
  const [chosen, setChosen] = useState(() => (key === null ? null : recallFold(key)));
  const open = chosen ?? byDefault;
  return [
    open,
    () => {
      setChosen(!open);
      if (key !== null) rememberFold(key, open === byDefault ? !open : null);
    },
  ];
}
