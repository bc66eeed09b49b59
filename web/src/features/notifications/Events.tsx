/** Of what the reader is told. */
import { useState } from 'react';
import { type NotificationSettings, type NotifiedEvent, notifiedEvents } from '@/shared/api/notifier';
import { Failure } from '@/shared/ui/Notice';
import { Switch } from '@/shared/ui/Switch';
import { Field } from './Field';
import { SaveForm } from './SaveForm';
import { useChange } from './settings';

const labels: Record<NotifiedEvent, { label: string; note: string }> = {
  permission: { label: 'Permission', note: 'an agent asks whether it may do something' },
  question: { label: 'Question', note: 'an agent asks you something' },
  done: { label: 'Done', note: 'a run ended well' },
  failed: { label: 'Failed', note: 'a run ended with an error' },
  interrupted: { label: 'Interrupted', note: 'a crash or a restart cut a run off' },
};

export function Events({ settings }: { settings: NotificationSettings }) {
  const { mutate, error, isPending } = useChange();
  const { events, done_after_seconds } = settings;
  return (
    <section aria-label="Told of">
      <h2 className="section-title">told of</h2>
      {notifiedEvents.map((event) => (
        <Switch
          key={event}
          label={labels[event].label}
          note={labels[event].note}
          checked={events[event]}
          disabled={isPending}
          onChange={(checked) => mutate({ events: { [event]: checked } })}
        />
      ))}
      {error && <Failure what="Not changed." error={error} />}
      {events.done && <DoneAfter key={done_after_seconds} seconds={done_after_seconds} />}
      <p className="dim pad">
        You are not told while you look at the chat, nor of what is answered within a moment.
      </p>
    </section>
  );
}

function DoneAfter({ seconds }: { seconds: number }) {
  const [typed, setTyped] = useState(String(seconds));
  const value = /^\d{1,5}$/.test(typed) ? Number(typed) : null;
  return (
    <SaveForm
      label="Done only after"
      change={() => ({ done_after_seconds: value ?? seconds })}
      canSave={value !== null && value !== seconds}
    >
      <Field
        label="Done: only runs longer than … seconds"
        type="number"
        value={typed}
        note={value === null ? 'A whole number of seconds.' : undefined}
        onChange={setTyped}
      />
    </SaveForm>
  );
}
