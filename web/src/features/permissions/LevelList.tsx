/** The levels to choose from. The most permissive one is taken only after its warning was read. */
import { useState } from 'react';
import type { Permissions } from '@/shared/api/admin';
import { Decision } from '@/shared/ui/Decision';
import { Options } from '@/shared/ui/Options';
import { allWarning, configured, levels } from './levels';

export interface LevelListProps {
  label: string;
  chosen: Permissions | null;
  /** Whether nothing in particular can be chosen: only where nothing is decided yet. */
  hasConfigured: boolean;
  isPending: boolean;
  onChoose: (permissions: Permissions | null) => void;
}

export function LevelList({ label, chosen, hasConfigured, isPending, onChoose }: LevelListProps) {
  const [isWarned, setWarned] = useState(false);
  const options = levels.map(({ value, title, note }) => ({
    value: value as Permissions | null,
    key: value as string,
    label: title,
    note,
  }));
  if (hasConfigured) {
    const note = 'Without a configuration of your own it asks only before it leaves its working copy.';
    options.unshift({ value: null, key: configured, label: 'As opencode is configured', note });
  }

  function choose(value: Permissions | null) {
    if (isPending) return;
    const needsWarning = value === 'all' && chosen !== 'all';
    setWarned(needsWarning);
    if (!needsWarning) onChoose(value);
  }

  return (
    <>
      <Options label={label} options={options} chosen={chosen ?? configured} onChoose={choose} />
      {isWarned && (
        <div className="pad stack">
          <p className="notice bad" role="alert">
            {allWarning}
          </p>
          <Decision
            verb="Allow all"
            underWay="Allowing…"
            isBusy={isPending}
            isDanger
            onDecide={() => {
              setWarned(false);
              onChoose('all');
            }}
            onCancel={() => setWarned(false)}
          />
        </div>
      )}
    </>
  );
}
