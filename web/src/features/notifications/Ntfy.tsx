import { useState } from 'react';
import type { NotificationSettings } from '@/shared/api/notifier';
import { Switch } from '@/shared/ui/Switch';
import { ChannelSection } from './ChannelSection';
import { Field } from './Field';
import { inventTopic, type NtfyDraft, ntfyChange, ntfyDraft } from './forms';
import { SaveForm } from './SaveForm';
import { Secret } from './Secret';

type Saved = NotificationSettings['ntfy'];

/** The ntfy app, by its public server or one of one's own. */
export function Ntfy({ saved }: { saved: Saved }) {
  return (
    <ChannelSection
      channel="ntfy"
      label="ntfy"
      note="an app for Android and iPhone; answers by its buttons"
      isEnabled={saved.enabled}
      isComplete={saved.topic !== null}
      turn={(enabled) => ({ ntfy: { enabled } })}
    >
      {/* Begun anew from what the server has after each change. */}
      <NtfyForm key={JSON.stringify(saved)} saved={saved} />
    </ChannelSection>
  );
}

function NtfyForm({ saved }: { saved: Saved }) {
  const [draft, setDraft] = useState(() => ntfyDraft(saved));
  const set = (change: Partial<NtfyDraft>) => setDraft({ ...draft, ...change });
  const isChanged = JSON.stringify(ntfyChange(draft)) !== JSON.stringify(ntfyChange(ntfyDraft(saved)));
  return (
    <SaveForm
      label="ntfy settings"
      change={() => ntfyChange(draft)}
      canSave={isChanged && draft.server.trim() !== '' && draft.topic.trim() !== ''}
      action={saved.enabled ? 'Save' : 'Save and turn on'}
    >
      <Field label="Server" type="url" value={draft.server} onChange={(server) => set({ server })} />
      <Field
        label="Topic"
        value={draft.topic}
        note="Who knows the topic can read what is sent to it, and press its buttons. Subscribe to it in the app."
        onChange={(topic) => set({ topic })}
      />
      {draft.topic === '' && (
        <button
          type="button"
          className="button wide"
          onClick={() => set({ topic: inventTopic((bytes) => crypto.getRandomValues(bytes)) })}
        >
          Make up a topic that nobody guesses
        </button>
      )}
      <Secret
        label="Access token"
        isSet={saved.token_set}
        value={draft.token}
        placeholder="only if your server asks for one"
        onChange={(token) => set({ token })}
      />
      <div className="bleed">
        <Switch
          label="Answer by buttons"
          note="each works once, for one request, and without a login"
          checked={draft.actions}
          onChange={(actions) => set({ actions })}
        />
      </div>
    </SaveForm>
  );
}
