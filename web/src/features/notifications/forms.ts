/** What is typed into the settings' forms, and the changes that it becomes. Pure. */
import type { NotificationSettings, QuietHours, SecretChange, SettingsChange } from '@/shared/api/notifier';

/** A secret in a form: undefined keeps what the server has, null removes it, a text replaces it. */
export type SecretDraft = string | null | undefined;

/** Under which name the change of a secret is sent; nothing is when it is kept, or nothing was typed. */
export function secretChange<Name extends string>(name: Name, draft: SecretDraft): SecretChange<Name> {
  const value = draft?.trim();
  // An absent member means "keep", so it must not be there at all.
  return (draft === null || value ? { [name]: draft === null ? null : value } : {}) as SecretChange<Name>;
}

export interface NtfyDraft {
  server: string;
  topic: string;
  actions: boolean;
  token: SecretDraft;
}

export function ntfyDraft({ server, topic, actions }: NotificationSettings['ntfy']): NtfyDraft {
  return { server, topic: topic ?? '', actions, token: undefined };
}

/** Who saves the fields of a channel wants it on. */
export function ntfyChange({ server, topic, actions, token }: NtfyDraft): SettingsChange {
  const ntfy = { enabled: true, server: server.trim(), topic: topic.trim(), actions };
  return { ntfy: { ...ntfy, ...secretChange('token', token) } };
}

/** Without its address there is nothing to turn on. */
export function discordChange(address: SecretDraft): SettingsChange {
  return { discord: { enabled: address !== null, ...secretChange('webhook_url', address) } };
}

export interface WebhookDraft {
  url: string;
  secret: SecretDraft;
}

export function webhookChange({ url, secret }: WebhookDraft): SettingsChange {
  return { webhook: { enabled: true, url: url.trim(), ...secretChange('secret', secret) } };
}

/** A topic that nobody guesses: with ntfy, who knows the topic reads it. */
export function inventTopic(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string {
  const letters = 'abcdefghijkmnpqrstuvwxyz23456789';
  return `ocweb-${Array.from(random(new Uint8Array(16)), (byte) => letters[byte % letters.length]).join('')}`;
}

/** How far this device's clock is ahead of UTC, in minutes: the other way round than browsers count. */
export function offsetOf(date: Pick<Date, 'getTimezoneOffset'>): number {
  // Not -0: it would be "different" from what the server keeps.
  return 0 - date.getTimezoneOffset();
}

/** 90 → "UTC+1:30". */
export function offsetName(minutes: number): string {
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** The usual night, for when quiet hours are turned on for the first time. */
export function usualNight(offset: number): QuietHours {
  return { from: '22:00', to: '07:00', utc_offset_minutes: offset };
}
