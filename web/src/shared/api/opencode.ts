/** The few calls to opencode that the page makes. The types are opencode's own, of the pinned version. */
import type {
  Agent,
  Command,
  McpStatus,
  Message,
  Part,
  ProviderAuthAuthorization,
  ProviderAuthMethod,
  Pty,
  Session,
  Todo,
} from '@opencode-ai/sdk/v2/types';
import { send, sendJson } from '@/shared/http';

export type {
  Agent,
  AssistantMessage,
  Command,
  FilePart,
  McpStatus,
  Message,
  Part,
  PermissionRequest,
  ProviderAuthAuthorization,
  ProviderAuthMethod,
  Pty,
  QuestionInfo,
  QuestionRequest,
  ReasoningPart,
  Session,
  TextPart,
  Todo,
  ToolPart,
  UserMessage,
} from '@opencode-ai/sdk/v2/types';

export interface MessageWithParts {
  info: Message;
  parts: Part[];
}

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

  rename: (session: string, directory: string, title: string) =>
    send(at(`/session/${id(session)}`, { directory }), { method: 'PATCH', body: { title } }),

  /** Publishes it on opencode's own server; its answer and every later state have the address. */
  share: (session: string, directory: string) =>
    send(at(`/session/${id(session)}/share`, { directory }), { method: 'POST', body: {}, timeout: 60_000 }),

  unshare: (session: string, directory: string) =>
    send(at(`/session/${id(session)}/share`, { directory }), { method: 'DELETE', timeout: 60_000 }),

  /** Replaces what was said so far by a summary; answers when that is written. */
  compact: (session: string, directory: string, model: { providerID: string; modelID: string }) =>
    send(at(`/session/${id(session)}/summarize`, { directory }), {
      method: 'POST',
      body: model,
      timeout: 600_000,
    }),

  /** Only for one that is no chat of ours. */
  deleteSession: (session: string, directory: string) =>
    send(at(`/session/${id(session)}`, { directory }), { method: 'DELETE' }),

  abort: (session: string, directory: string) =>
    send(at(`/session/${id(session)}/abort`, { directory }), { method: 'POST', body: {} }),

  /** The list that the agent wrote last, as far as it wrote one. */
  todos: (session: string, directory: string, signal?: AbortSignal) =>
    sendJson<Todo[]>(at(`/session/${id(session)}/todo`, { directory }), { signal }),

  /** Takes back a prompt and everything after it, files included; until the next prompt that can be undone. */
  revert: (session: string, directory: string, messageID: string) =>
    sendJson<Session>(at(`/session/${id(session)}/revert`, { directory }), {
      method: 'POST',
      body: { messageID },
    }),

  unrevert: (session: string, directory: string) =>
    sendJson<Session>(at(`/session/${id(session)}/unrevert`, { directory }), { method: 'POST', body: {} }),

  /** A new session in the same directory, with the messages before `messageID`; with all of them without it. */
  fork: (session: string, directory: string, messageID: string | undefined) =>
    sendJson<Session>(at(`/session/${id(session)}/fork`, { directory }), {
      method: 'POST',
      body: messageID === undefined ? {} : { messageID },
    }),

  /** How one can connect to the providers that have more ways than a plain key. */
  providerLogins: (signal?: AbortSignal) =>
    sendJson<Record<string, ProviderAuthMethod[]>>('/provider/auth', { signal }),

  /** Hands a key over; opencode alone keeps it. */
  setKey: (provider: string, key: string, metadata: Record<string, string>) =>
    send(`/auth/${id(provider)}`, {
      method: 'PUT',
      body: { type: 'api', key, ...(Object.keys(metadata).length === 0 ? {} : { metadata }) },
    }),

  forgetProvider: (provider: string) => send(`/auth/${id(provider)}`, { method: 'DELETE' }),

  /** Begins a login with a provider; `method` is its place among the provider's. */
  authorize: (provider: string, method: number, inputs: Record<string, string>) =>
    sendJson<ProviderAuthAuthorization>(`/provider/${id(provider)}/oauth/authorize`, {
      method: 'POST',
      body: { method, inputs },
      timeout: 60_000,
    }),

  /** Ends it: with the code that the provider showed, or by waiting until it is done there. */
  finishAuthorization: (provider: string, method: number, code: string | undefined) =>
    send(`/provider/${id(provider)}/oauth/callback`, {
      method: 'POST',
      body: code === undefined ? { method } : { method, code },
      timeout: 600_000,
    }),

  /** MCP servers by their names. */
  servers: (signal?: AbortSignal) => sendJson<Record<string, McpStatus>>('/mcp', { signal }),

  connectServer: (name: string) =>
    send(`/mcp/${id(name)}/connect`, { method: 'POST', body: {}, timeout: 60_000 }),

  disconnectServer: (name: string) => send(`/mcp/${id(name)}/disconnect`, { method: 'POST', body: {} }),

  agents: (directory: string | undefined, signal?: AbortSignal) =>
    sendJson<Agent[]>(at('/agent', { directory }), { signal }),

  /** The terminals that run in a directory. */
  terminals: (directory: string, signal?: AbortSignal) =>
    sendJson<Pty[]>(at('/pty', { directory }), { signal }),

  terminal: (directory: string, terminal: string) => sendJson<Pty>(at(`/pty/${id(terminal)}`, { directory })),

  openTerminal: (directory: string) =>
    sendJson<Pty>(at('/pty', { directory }), {
      method: 'POST',
      // The whole path of a working copy would fill two lines of a phone before each command.
      body: { cwd: directory, title: 'ocweb', env: { PROMPT_DIRTRIM: '1' } },
    }),

  resizeTerminal: (
    directory: string,
    terminal: string,
    { columns, rows }: { columns: number; rows: number },
  ) =>
    send(at(`/pty/${id(terminal)}`, { directory }), {
      method: 'PUT',
      body: { size: { cols: columns, rows } },
    }),

  endTerminal: (directory: string, terminal: string) =>
    send(at(`/pty/${id(terminal)}`, { directory }), { method: 'DELETE' }),

  commands: (directory: string | undefined, signal?: AbortSignal) =>
    sendJson<Command[]>(at('/command', { directory }), { signal }),
};

/** Where a terminal is connected to, beginning after so many of its characters. */
export function terminalAddress(directory: string, terminal: string, cursor: number): string {
  const path = at(`/pty/${id(terminal)}/connect`, { directory, cursor });
  return `${location.origin.replace(/^http/, 'ws')}${path}`;
}

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
