/** A sheet with a column of actions: what can be done with the one thing that it names. */
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { Sheet } from './Sheet';

interface ActionText {
  label: string;
  /** A second line: what it is about, or why it cannot be done. */
  note?: ReactNode;
  danger?: boolean;
  disabled?: boolean;
}

/** The sheet closes when an action is chosen, unless it `stays` to show what came of it. */
export type Action =
  | (ActionText & { onClick: () => void; stays?: boolean })
  /** An address of this page, or one that opens beside it. */
  | (ActionText & { href: string; isExternal?: boolean });

export interface ActionSheetProps {
  title: string;
  actions: readonly Action[];
  onClose: () => void;
  /** Above the actions. */
  children?: ReactNode;
}

export function ActionSheet({ title, actions, onClose, children }: ActionSheetProps) {
  return (
    <Sheet title={title} onClose={onClose}>
      {children}
      <div role="menu" aria-label={title}>
        {actions.map((action) => (
          <ActionRow key={action.label} action={action} onClose={onClose} />
        ))}
      </div>
    </Sheet>
  );
}

function ActionRow({ action, onClose }: { action: Action; onClose: () => void }) {
  const className = action.danger ? 'row danger' : 'row';
  const text = (
    <span className="grow">
      {action.label}
      {action.note !== undefined && <span className="sub block-line">{action.note}</span>}
    </span>
  );
  if (!('href' in action)) {
    return (
      <button
        type="button"
        role="menuitem"
        className={className}
        disabled={action.disabled}
        onClick={() => {
          action.onClick();
          if (!action.stays) onClose();
        }}
      >
        {text}
      </button>
    );
  }
  if (action.isExternal) {
    return (
      <a role="menuitem" className={className} href={action.href} target="_blank" rel="noreferrer">
        {text}
      </a>
    );
  }
  return (
    <Link role="menuitem" className={className} href={action.href} onClick={onClose}>
      {text}
    </Link>
  );
}
