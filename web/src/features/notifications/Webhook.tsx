import { useState } from 'react';
import type { NotificationSettings } from '@/shared/api/notifier';
import { ChannelSection } from './ChannelSection';
import { Field } from './Field';
import { type WebhookDraft, webhookChange } from './forms';
import { SaveForm } from './SaveForm';
import { Secret } from './Secret';

type Saved = NotificationSettings['webhook'];

/** For everything else: JSON to an address, signed when there is a secret. */
export function Webhook({ saved }: { saved: Saved }) {
  return (
    <ChannelSection
      channel="webhook"
      label="Webhook"
      note="JSON to an address of yours"
      isEnabled={saved.enabled}
      isComplete={saved.url !== null}
      turn={(enabled) => ({ webhook: { enabled } })}
    >
      <WebhookForm key={JSON.stringify(saved)} saved={saved} />
    </ChannelSection>
  );
}

function WebhookForm({ saved }: { saved: Saved }) {
  const [draft, setDraft] = useState<WebhookDraft>({ url: saved.url ?? '', secret: undefined });
  const set = (change: Partial<WebhookDraft>) => setDraft({ ...draft, ...change });
  const isChanged =
    draft.url.trim() !== (saved.url ?? '') || draft.secret === null || (draft.secret ?? '').trim() !== '';
  return (
    <SaveForm
      label="Webhook settings"
      change={() => webhookChange(draft)}
      canSave={isChanged && draft.url.trim() !== ''}
      action={saved.enabled ? 'Save' : 'Save and turn on'}
    >
      <Field
        label="Address"
        type="url"
        value={draft.url}
        placeholder="https://…"
        onChange={(url) => set({ url })}
      />
      <Secret
        label="Signing secret"
        isSet={saved.secret_set}
        value={draft.secret}
        placeholder="optional; signs each request with HMAC"
        onChange={(secret) => set({ secret })}
      />
    </SaveForm>
  );
}
