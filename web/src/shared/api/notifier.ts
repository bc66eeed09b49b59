/** The notifier's API (`/admin/notifications/…`): by what ways the reader is told, of what, and when not. */
import { send, sendJson } from '@/shared/http';
import type { NewSubscription } from '@/shared/push/subscription';

/** What can be told. */
export const notifiedEvents = ['permission', 'question', 'done', 'failed', 'interrupted'] as const;
export type NotifiedEvent = (typeof notifiedEvents)[number];

export type Channel = 'web_push' | 'ntfy' | 'discord' | 'webhook';

export interface QuietHours {
  /** "22:00", at the offset below. */
  from: string;
  to: string;
  utc_offset_minutes: number;
}

/** Secrets are never in it: of these it only says whether they are set. */
export interface NotificationSettings {
  /** The address of this page, for the links in what is sent. */
  public_url: string | null;
  events: Record<NotifiedEvent, boolean>;
  /** Runs that were shorter than this are not told when they are done. */
  done_after_seconds: number;
  quiet_hours: QuietHours | null;
  muted_chats: string[];
  ntfy: { enabled: boolean; server: string; topic: string | null; token_set: boolean; actions: boolean };
  discord: { enabled: boolean; webhook_set: boolean };
  webhook: { enabled: boolean; url: string | null; secret_set: boolean };
  web_push: { enabled: boolean; public_key: string };
}

/** What a change of a secret means: absent keeps it, null removes it. */
export type SecretChange<Name extends string> = { [name in Name]?: string | null };

/** Any part of the settings; what is absent stays. */
export interface SettingsChange {
  public_url?: string | null;
  events?: Partial<Record<NotifiedEvent, boolean>>;
  done_after_seconds?: number;
  quiet_hours?: QuietHours | null;
  ntfy?: { enabled?: boolean; server?: string; topic?: string; actions?: boolean } & SecretChange<'token'>;
  discord?: { enabled?: boolean } & SecretChange<'webhook_url'>;
  webhook?: { enabled?: boolean; url?: string } & SecretChange<'secret'>;
  web_push?: { enabled: boolean };
}

/** A device that gets Web Push. */
export interface Subscription {
  id: string;
  device: string;
  created_at: string;
  last_sent_at: string | null;
  last_error: string | null;
}

export interface TestOutcome {
  outcome: 'sent' | 'failed';
  detail: string;
}

export interface LogEntry {
  at: string;
  event: string;
  chat_id: string | null;
  title: string | null;
  channel: Channel | null;
  outcome: 'sent' | 'held_back' | 'retrying' | 'failed';
  detail: string | null;
  attempts: number;
}

const segment = encodeURIComponent;
const root = '/admin/notifications';

export const notifier = {
  settings: (signal?: AbortSignal) => sendJson<NotificationSettings>(`${root}/settings`, { signal }),
  change: (change: SettingsChange) => send(`${root}/settings`, { method: 'PUT', body: change }),
  mute: (chat: string, muted: boolean) =>
    send(`${root}/chats/${segment(chat)}`, { method: 'PUT', body: { muted } }),
  subscriptions: async (signal?: AbortSignal) =>
    (await sendJson<{ subscriptions: Subscription[] }>(`${root}/subscriptions`, { signal })).subscriptions,
  subscribe: (subscription: NewSubscription) =>
    sendJson<{ id: string }>(`${root}/subscriptions`, { method: 'POST', body: subscription }),
  unsubscribe: (id: string) => send(`${root}/subscriptions/${segment(id)}`, { method: 'DELETE' }),
  /** Sends a notification by this channel and waits for what comes of it. */
  test: (channel: Channel) =>
    sendJson<TestOutcome>(`${root}/test`, { method: 'POST', body: { channel }, timeout: 60_000 }),
  log: async (signal?: AbortSignal) =>
    (await sendJson<{ entries: LogEntry[] }>(`${root}/log`, { signal })).entries,
};
