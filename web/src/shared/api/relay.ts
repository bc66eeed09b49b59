/** The event relay's API (`/admin/events…`, `/admin/inbox…`): what every chat is doing, and what waits for an answer. */
import { send, sendJson } from '@/shared/http';
import type { Problem, Progress } from './admin';
import type { MessageWithParts, PermissionRequest, QuestionRequest } from './opencode';

/** What a chat is doing. `unread` is done, and nobody has looked since. */
export type ChatActivity =
  | 'queued'
  | 'preparing'
  | 'working'
  | 'retrying'
  | 'needs_you'
  | 'unread'
  | 'done'
  | 'failed'
  | 'interrupted';

/** A prompt that the server keeps until opencode has it. */
export interface PromptDocument {
  id: string;
  text: string;
  model: string | null;
  agent: string | null;
  files: { mime: string; filename: string }[];
  state: 'waiting' | 'sending' | 'delivered' | 'failed';
  error: Problem | null;
  created_at: string;
}

interface Pending<Kind, Details> {
  id: string;
  kind: Kind;
  chat_id: string;
  /** The session that asks: the chat's own, or one of its subagents'. */
  session_id: string;
  directory: string;
  asked_at: string;
  summary: string;
  /** opencode's own request. */
  details: Details;
}

export type PendingPermission = Pending<'permission', PermissionRequest>;
export type PendingQuestion = Pending<'question', QuestionRequest>;
/** Something that waits for an answer. */
export type PendingRequest = PendingPermission | PendingQuestion;

/** A request that a restart of opencode made void. */
export interface StaleRequest {
  id: string;
  kind: PendingRequest['kind'];
  summary: string;
  at: string;
}

/** The last run of a chat. */
export interface Run {
  message_id: string | null;
  started_at: string;
  ended_at: string | null;
  outcome: 'completed' | 'failed' | 'stopped' | 'interrupted' | null;
}

export interface ChatView {
  id: string;
  /** Null where a session was made elsewhere and its repository is not known. */
  repo: string | null;
  title: string | null;
  branch: string | null;
  base: string | null;
  directory: string | null;
  state: ChatActivity;
  /** Since when it is in this state. */
  since: string;
  updated_at: string;
  created_at: string;
  preparation: { state: string; progress: Progress | null } | null;
  error: { title: string; detail: string } | null;
  retry: { attempt: number; next_at: string } | null;
  /** Not delivered yet, in order. */
  prompts: PromptDocument[];
  /** Oldest first, those of subagents at any depth too. */
  requests: PendingRequest[];
  stale_requests: StaleRequest[];
  run: Run | null;
  viewers: number;
  /** How often the run was continued without being asked. */
  continued: number;
}

/** How opencode and the volume are. */
export interface Instance {
  opencode: 'up' | 'down';
  since: string;
  disk: { available_bytes: number; total_bytes: number; low: boolean };
}

/** A part of a conversation as it was at the event `number`. */
export interface TranscriptPage {
  number: string;
  messages: MessageWithParts[];
  /** Where the page before this one begins; null at the conversation's beginning. */
  before: string | null;
  /** Messages that were cut off. */
  interrupted: string[];
  /** Parts of cut-off answers that opencode forgot and the relay kept. */
  kept: string[];
}

export type PermissionReply = 'once' | 'always' | 'reject';

/** What is answered to a request. */
export type RequestAnswer =
  | { reply: PermissionReply; message?: string }
  | { answers: string[][] }
  | { reject: true };

export interface RelaySettings {
  /** How often a cut-off run is continued without being asked, 0 to 5. */
  continue_by_itself: number;
}

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

  settings: (signal?: AbortSignal) => sendJson<RelaySettings>('/admin/events/settings', { signal }),

  changeSettings: (settings: RelaySettings) =>
    sendJson<RelaySettings>('/admin/events/settings', { method: 'PUT', body: settings }),
};
