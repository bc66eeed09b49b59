/** Shows one thing that opencode told; where it is damaged, or of a form that the page does not know, its raw text instead. */
import type { ReactNode } from 'react';
import { Boundary } from './Boundary';
import { CopyButton } from './CopyButton';
import './shown.css';

interface Props {
  /** As opencode told it. */
  of: unknown;
  /** What it is: "part", "message", "request". */
  what: string;
  children: ReactNode;
}

export function Shown({ of, what, children }: Props) {
  return (
    <Boundary of={of} where={what} fallback={() => <Raw of={of} what={what} />}>
      {children}
    </Boundary>
  );
}

/** So much of it is shown, in characters; all of it is copied. */
const mostShown = 2_000;

function Raw({ of, what }: Omit<Props, 'children'>) {
  const text = JSON.stringify(of, null, 2) ?? String(of);
  return (
    <div className="notice bad raw" data-testid="unshown">
      <span>this {what} could not be shown</span>
      <CopyButton text={text} label={`Copy the raw text of the ${what}`} />
      <pre>{text.length > mostShown ? `${text.slice(0, mostShown)}…` : text}</pre>
    </div>
  );
}
