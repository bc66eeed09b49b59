/** The notifier's API (`/admin/notifications/…`): by what ways the reader is told, of what, and when not. */
import { send, sendJson } from '@/shared/http';
import type { NewSubscription } from '@/shared/push/subscription';
import type { Schema } from './schema';

/** What can be told. */
export const notifiedEvents = [
  'permission',
  'question',
  'done',
  'failed',
  'interrupted',
] as const satisfies readonly NotifiedEvent[];
export type NotifiedEvent = Schema<'NotificationEvent'>;
export type Channel = Schema<'NotificationChannel'>;
export type QuietHours = Schema<'QuietHours'>;
/** Secrets are never in it: of these it only says whether they are set. */
export type NotificationSettings = Schema<'NotificationSettings'>;
/** What a change of a secret means: absent keeps it, null removes it. */
export type SecretChange<Name extends string> = { [name in Name]?: string | null };
/** Any part of the settings; what is absent stays. */
export type SettingsChange = Schema<'NotificationSettingsChange'>;
/** A device that gets Web Push. */
export type Subscription = Schema<'PushSubscriptionEntry'>;
export type TestOutcome = Schema<'NotificationTestResult'>;
export type LogEntry = Schema<'NotificationLogEntry'>;

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
