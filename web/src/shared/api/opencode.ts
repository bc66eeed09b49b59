/** The few calls to opencode that the page makes. The types are opencode's own, of the pinned version. */
import type {
  Agent,
  Message,
  Part,
  PermissionRequest,
  Provider,
  QuestionRequest,
  Session,
  SessionStatus,
  VcsFileDiff,
} from '@opencode-ai/sdk/v2/types';
import { parse, RequestError, send, sendJson } from '@/shared/http';

export type {
  Agent,
  AssistantMessage,
  FilePart,
  Message,
  Part,
  PermissionRequest,
  Provider,
  QuestionInfo,
  QuestionRequest,
  ReasoningPart,
  Session,
  SessionStatus,
  TextPart,
  ToolPart,
  UserMessage,
  VcsFileDiff,
} from '@opencode-ai/sdk/v2/types';

export interface MessageWithParts {
  info: Message;
  parts: Part[];
}

export interface MessagePage {
  messages: MessageWithParts[];
  /** Where the page before this one begins; null at the conversation's beginning. */
  before: string | null;
}

export interface ModelChoice {
  providerID: string;
  modelID: string;
}

export interface Prompt {
  messageID: string;
  text: string;
  model?: ModelChoice | undefined;
  agent?: string | undefined;
}

/** Which changes `/vcs/diff` tells: `git` what is not committed, `branch` all since the default branch. */
export type DiffMode = 'git' | 'branch';

/** A path with its query; values are encoded, absent ones left out. */
function at(path: string, query: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  const text = search.toString();
  return text === '' ? path : `${path}?${text}`;
}

const id = encodeURIComponent;

export const opencode = {
  session: (session: string, signal?: AbortSignal) =>
    sendJson<Session>(`/session/${id(session)}`, { signal }),

  /** The latest sessions of every directory, with titles and times; touches no directory's instance. */
  sessions: (limit: number, signal?: AbortSignal) =>
    sendJson<Session[]>(at('/experimental/session', { limit }), { signal }),

  rename: (session: string, directory: string, title: string) =>
    send(at(`/session/${id(session)}`, { directory }), { method: 'PATCH', body: { title } }),

  async messages(
    session: string,
    limit: number,
    before?: string,
    signal?: AbortSignal,
  ): Promise<MessagePage> {
    const response = await send(at(`/session/${id(session)}/message`, { limit, before }), { signal });
    return {
      messages: await parse<MessageWithParts[]>(response),
      before: response.headers.get('x-next-cursor'),
    };
  },

  /** Whether a message arrived: asked before a prompt is sent again, as opencode would append it a second time. */
  async hasMessage(session: string, message: string): Promise<boolean> {
    try {
      await sendJson<MessageWithParts>(`/session/${id(session)}/message/${id(message)}`);
      return true;
    } catch (error) {
      if (error instanceof RequestError && error.status === 404) return false;
      throw error;
    }
  },

  prompt: (session: string, directory: string, prompt: Prompt) =>
    send(at(`/session/${id(session)}/prompt_async`, { directory }), {
      method: 'POST',
      body: {
        messageID: prompt.messageID,
        model: prompt.model,
        agent: prompt.agent,
        parts: [{ type: 'text', text: prompt.text }],
      },
    }),

  abort: (session: string, directory: string) =>
    send(at(`/session/${id(session)}/abort`, { directory }), { method: 'POST', body: {} }),

  statuses: (directory: string, signal?: AbortSignal) =>
    sendJson<Record<string, SessionStatus>>(at('/session/status', { directory }), { signal }),

  permissions: (directory: string, signal?: AbortSignal) =>
    sendJson<PermissionRequest[]>(at('/permission', { directory }), { signal }),

  replyPermission: (request: string, directory: string, reply: 'once' | 'always' | 'reject') =>
    send(at(`/permission/${id(request)}/reply`, { directory }), { method: 'POST', body: { reply } }),

  questions: (directory: string, signal?: AbortSignal) =>
    sendJson<QuestionRequest[]>(at('/question', { directory }), { signal }),

  replyQuestion: (request: string, directory: string, answers: string[][]) =>
    send(at(`/question/${id(request)}/reply`, { directory }), { method: 'POST', body: { answers } }),

  rejectQuestion: (request: string, directory: string) =>
    send(at(`/question/${id(request)}/reject`, { directory }), { method: 'POST', body: {} }),

  /** Configured providers only: the whole catalogue would be megabytes. */
  providers: (directory: string | undefined, signal?: AbortSignal) =>
    sendJson<{ providers: Provider[]; default: Record<string, string> }>(
      at('/config/providers', { directory }),
      {
        signal,
      },
    ),

  agents: (directory: string | undefined, signal?: AbortSignal) =>
    sendJson<Agent[]>(at('/agent', { directory }), { signal }),

  diff: (directory: string, mode: DiffMode, signal?: AbortSignal) =>
    sendJson<VcsFileDiff[]>(at('/vcs/diff', { directory, mode }), { signal, timeout: 60_000 }),

  /** Asked when a connection has gone quiet: does anything still answer? */
  ping: (signal: AbortSignal) => sendJson<{ healthy: boolean }>('/global/health', { signal }),
};

/** The address of a session in opencode's own web UI. */
export function ownUiAddress(directory: string, session: string): string {
  const bytes = new TextEncoder().encode(directory);
  const base64 = btoa(String.fromCharCode(...bytes));
  return `/${base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}/session/${session}`;
}

/** An error of opencode or of a model as a sentence. */
export function errorSentence(error: { name: string; data?: unknown }): string {
  const { data } = error;
  if (typeof data === 'object' && data !== null && 'message' in data && typeof data.message === 'string') {
    if (data.message !== '') return data.message;
  }
  return error.name;
}
