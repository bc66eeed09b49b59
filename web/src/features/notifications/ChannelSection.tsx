/** One way to be told: its switch, its fields while it is on or being set up, and its test. */
import { type ReactNode, useState } from 'react';
import type { Channel, SettingsChange } from '@/shared/api/notifier';
import { Failure } from '@/shared/ui/Notice';
import { Switch } from '@/shared/ui/Switch';
import { useChange } from './settings';
import { TestButton } from './TestButton';

export function ChannelSection({
  channel,
  label,
  note,
  isEnabled,
  isComplete,
  turn,
  children,
}: {
  channel: Channel;
  label: string;
  note: ReactNode;
  isEnabled: boolean;
  /** Whether the server has all that it needs: until then turning it on only shows the fields. */
  isComplete: boolean;
  turn: (enabled: boolean) => SettingsChange;
  children: ReactNode;
}) {
  const [isBegun, setBegun] = useState(false);
  const { mutate, error, isPending } = useChange();
  const isOpen = isEnabled || (isBegun && !isComplete);
  return (
    <section className="channel" aria-label={label} data-testid={`channel-${channel}`}>
      <Switch
        label={label}
        note={note}
        checked={isOpen}
        disabled={isPending}
        onChange={(checked) => {
          setBegun(checked);
          if (isComplete || isEnabled) mutate(turn(checked));
        }}
      />
      {error && <Failure what="Not changed." error={error} />}
      {isOpen && children}
      {isEnabled && <TestButton channel={channel} />}
    </section>
  );
}
