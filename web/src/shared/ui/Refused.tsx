/** Why git did not do it: a sentence, what git or a hook said, and what can be done instead. */
import type { ReactNode } from 'react';
import { explain } from '@/shared/http';
import { saidBy } from '@/shared/refusal';
import { IconButton } from './Icon';
import './refused.css';

interface Props {
  what: string;
  error: unknown;
  onClose?: () => void;
  children?: ReactNode;
}

export function Refused({ what, error, onClose, children }: Props) {
  const said = saidBy(error);
  return (
    <div className="notice bad refused" role="alert">
      <span>
        {what} {explain(error)}
      </span>
      {onClose && <IconButton name="close" label="Close" onClick={onClose} />}
      {said !== '' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
        <pre className="refused-said" tabIndex={0}>
          {said}
        </pre>
      )}
      {children}
    </div>
  );
}
