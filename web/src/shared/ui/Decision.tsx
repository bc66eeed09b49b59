/** The two buttons below a question: do it, or leave it. */
import type { ReactNode } from 'react';

export interface DecisionProps {
  /** What is done, and how that is called while it is under way. */
  verb: string;
  underWay: string;
  isBusy: boolean;
  /** Whether something is gone then. */
  isDanger?: boolean;
  onDecide: () => void;
  onCancel: () => void;
  cancel?: string;
  /** Another way to do it. */
  children?: ReactNode;
}

export function Decision(props: DecisionProps) {
  const { verb, underWay, isBusy, isDanger = false, onDecide, onCancel, cancel = 'Cancel', children } = props;
  return (
    <>
      <button
        type="button"
        className={isDanger ? 'button danger wide' : 'button primary wide'}
        disabled={isBusy}
        onClick={() => onDecide()}
      >
        {isBusy ? underWay : verb}
      </button>
      {children}
      <button type="button" className="button wide" onClick={() => onCancel()}>
        {cancel}
      </button>
    </>
  );
}
