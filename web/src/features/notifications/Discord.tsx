import { useState } from 'react';
import type { NotificationSettings } from '@/shared/api/notifier';
import { ChannelSection } from './ChannelSection';
import { discordChange, type SecretDraft } from './forms';
import { SaveForm } from './SaveForm';
import { Secret } from './Secret';

type Saved = NotificationSettings['discord'];

/** A channel on Discord. The webhook's address is all that is needed to write there, so it is a secret. */
export function Discord({ saved }: { saved: Saved }) {
  return (
    <ChannelSection
      channel="discord"
      label="Discord"
      note="a message in a channel of yours"
      isEnabled={saved.enabled}
      isComplete={saved.webhook_set}
      turn={(enabled) => ({ discord: { enabled } })}
    >
      <DiscordForm key={JSON.stringify(saved)} saved={saved} />
    </ChannelSection>
  );
}

function DiscordForm({ saved }: { saved: Saved }) {
  const [address, setAddress] = useState<SecretDraft>(undefined);
  return (
    <SaveForm
      label="Discord settings"
      change={() => discordChange(address)}
      canSave={address === null || (address ?? '').trim() !== ''}
      action={saved.enabled ? 'Save' : 'Save and turn on'}
    >
      <Secret
        label="Webhook address"
        isSet={saved.webhook_set}
        value={address}
        placeholder="https://discord.com/api/webhooks/…"
        onChange={setAddress}
      />
      {!saved.webhook_set && (
        <p className="dim">
          In Discord: the channel’s settings, Integrations, Webhooks, New webhook, Copy URL.
        </p>
      )}
    </SaveForm>
  );
}
