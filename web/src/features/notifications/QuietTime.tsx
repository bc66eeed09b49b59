/** The hours in which nothing is sent. */
import { useState } from 'react';
import type { QuietHours } from '@/shared/api/notifier';
import { Failure } from '@/shared/ui/Notice';
import { Switch } from '@/shared/ui/Switch';
import { Field } from './Field';
import { offsetName, offsetOf, usualNight } from './forms';
import { SaveForm } from './SaveForm';
import { useChange } from './settings';

export function QuietTime({ hours }: { hours: QuietHours | null }) {
  const { mutate, error, isPending } = useChange();
  const here = offsetOf(new Date());
  return (
    <section aria-label="Quiet hours">
      <Switch
        label="Quiet hours"
        note="what asks you waits until they end; the rest is only in the inbox"
        checked={hours !== null}
        disabled={isPending}
        onChange={(checked) => mutate({ quiet_hours: checked ? usualNight(here) : null })}
      />
      {error && <Failure what="Not changed." error={error} />}
      {hours && <Hours key={JSON.stringify(hours)} hours={hours} here={here} />}
    </section>
  );
}

function Hours({ hours, here }: { hours: QuietHours; here: number }) {
  const [draft, setDraft] = useState(hours);
  const isElsewhere = hours.utc_offset_minutes !== here;
  const isChanged = draft.from !== hours.from || draft.to !== hours.to;
  return (
    <SaveForm
      label="Quiet hours’ times"
      change={() => ({ quiet_hours: { ...draft, utc_offset_minutes: here } })}
      canSave={(isChanged || isElsewhere) && draft.from !== '' && draft.to !== ''}
      action={isElsewhere ? `Save as ${offsetName(here)}` : 'Save'}
    >
      <div className="pair">
        <Field
          label="From"
          type="time"
          value={draft.from}
          onChange={(from) => setDraft({ ...draft, from })}
        />
        <Field label="To" type="time" value={draft.to} onChange={(to) => setDraft({ ...draft, to })} />
      </div>
      {isElsewhere && (
        <p className="notice warn">
          <span>
            These hours are of {offsetName(hours.utc_offset_minutes)}; this device’s clock is at{' '}
            {offsetName(here)}.
          </span>
        </p>
      )}
    </SaveForm>
  );
}
