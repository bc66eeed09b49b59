/** The event relay's API (`/admin/events…`, `/admin/inbox…`): what every chat is doing, and what waits for an answer. */
import { send, sendJson } from '@/shared/http';
import type { Progress } from './admin';
import type { MessageWithParts, PermissionRequest, QuestionRequest } from './opencode';
import type { Schema } from './schema';

/** What a chat is doing. `unread` is done, and nobody has looked since. */
export type ChatActivity = ChatView['state'];

/** A prompt that the server keeps until opencode has it. */
export type PromptDocument = Schema<'Prompt'>;

interface Pending<Kind, Details> extends Schema<'Request'> {
  kind: Kind & Schema<'Request'>['kind'];
  /** opencode's own request. */
  details: Details;
}

export type PendingPermission = Pending<'permission', PermissionRequest>;
export type PendingQuestion = Pending<'question', QuestionRequest>;
/** Something that waits for an answer. */
export type PendingRequest = PendingPermission | PendingQuestion;

/** A request that a restart of opencode made void. */
export type StaleRequest = Schema<'StaleRequest'>;

/** The last run of a chat. */
export type Run = Schema<'Run'>;

/** A chat as the relay tells it, with what it passes on from git-manager and opencode. */
export type ChatView = Omit<Schema<'ChatView'>, 'preparation' | 'prompts' | 'requests'> & {
  preparation: { state: string; progress: Progress | null } | null;
  /** Not delivered yet, in order. */
  prompts: PromptDocument[];
  /** Oldest first, those of subagents at any depth too. */
  requests: PendingRequest[];
};

/** How opencode and the volume are. */
export type Instance = Schema<'Instance'>;

/** A part of a conversation as it was at the event `number`. */
export type TranscriptPage = Omit<Schema<'Transcript'>, 'messages'> & { messages: MessageWithParts[] };

export type PermissionReply = 'once' | 'always' | 'reject';

/** What is answered to a request. */
export type RequestAnswer =
  | { reply: PermissionReply; message?: string }
  | { answers: string[][] }
  | { reject: true };

/** A provider that is connected, with its models. */
export type OfferedProvider = Schema<'OfferedProvider'>;
export type OfferedModel = Schema<'OfferedModel'>;

/** A provider of models, connected or not. */
export type CatalogueProvider = Schema<'CatalogueProvider'>;

/** How often a cut-off run is continued without being asked, 0 to 5. */
export type RelaySettings = Schema<'RelaySettings'>;

const segment = encodeURIComponent;
/** What is not answered by then is said again, in milliseconds. */
const viewTimeout = 8_000;

export const relay = {
  transcript(session: string, options: { limit?: number; before?: string; signal?: AbortSignal } = {}) {
    const query = new URLSearchParams();
    if (options.limit !== undefined) query.set('limit', String(options.limit));
    if (options.before !== undefined) query.set('before', options.before);
    return sendJson<TranscriptPage>(`/admin/transcripts/${segment(session)}?${query}`, {
      signal: options.signal,
    });
  },

  /** Says which chat this page shows, if any; answers from which event on its stream carries that chat. */
  view: (client: string, chat: string | null, signal?: AbortSignal) =>
    sendJson<{ number: string }>('/admin/events/viewing', {
      method: 'PUT',
      body: { client, chat },
      signal,
      timeout: viewTimeout,
      // Nobody looks any more: that is said though the page ends with it.
      keepalive: chat === null,
    }),

  markRead: (chat: string, read: boolean) =>
    send('/admin/events/read', { method: 'PUT', body: { chat, read } }),

  answer: (request: string, answer: RequestAnswer) =>
    send(`/admin/inbox/${segment(request)}/answer`, { method: 'POST', body: answer }),

  /** All that opencode knows, those that are connected first; opencode's own answer would be megabytes. */
  catalogue: async (signal?: AbortSignal) =>
    (await sendJson<Schema<'ProviderList'>>('/admin/providers', { signal, timeout: 60_000 })).providers,

  /** The providers that are connected, with their models; opencode's own answer has the keys in it as well. */
  models: async (directory: string | undefined, signal?: AbortSignal) => {
    const query = directory === undefined ? '' : `?${new URLSearchParams({ directory })}`;
    return (await sendJson<Schema<'OfferedModelList'>>(`/admin/models${query}`, { signal })).providers;
  },

  /** Has a change of providers taken up; answers how many chats are at work and take it up as soon as they rest. */
  renewProviders: async () =>
    (await sendJson<Schema<'ProvidersRenewed'>>('/admin/providers', { method: 'POST', timeout: 60_000 }))
      .waiting,

  settings: (signal?: AbortSignal) => sendJson<RelaySettings>('/admin/events/settings', { signal }),

  changeSettings: (settings: RelaySettings) =>
    sendJson<RelaySettings>('/admin/events/settings', { method: 'PUT', body: settings }),
};
