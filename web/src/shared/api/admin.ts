/** Our own services' API (`/admin/…`, `/auth/sessions`), as far as the page uses it. */
import { parse, RequestError, type RequestOptions, send, sendJson } from '@/shared/http';
import type { Schema } from './schema';

export type Progress = Schema<'Progress'>;
/** How much of a repository is cloned. */
export type Extent = Schema<'Extent'>;
export type Problem = Schema<'Problem'>;
export type Repository = Schema<'Repository'>;
export type GithubRepository = Schema<'GitHubRepository'>;
/** What a chat's first prompt, or any later one, is handed over as. */
export type NewPrompt = Schema<'PromptRequest'>;
/** A chat to be made; its ids are of who wants it: asked for again, it is made once. */
export interface NewChat extends Schema<'ChatRequest'> {
  id: string;
  prompt: NewPrompt;
}
export type Instance = Schema<'InstanceReport'>;
export type Disk = Schema<'DiskUsage'>;
export type ProcessReport = Schema<'ProcessReport'>;
export type KillOutcome = Schema<'KillOutcome'>;
export type LoadReport = Schema<'LoadReport'>;
export type LoadSample = Schema<'LoadSample'>;
export type Service = Schema<'ServiceReport'>;
export type GarbageItem = Schema<'GarbageItem'>;
export type Collected = Schema<'Collected'>;
export type LoginSession = Schema<'LoginSession'>;
export type AccessToken = Schema<'AccessToken'>;
export type MadeAccessToken = Schema<'MadeAccessToken'>;
export type Permissions = Schema<'Permissions'>;
export type PushRules = Schema<'PushRules'>;
export type PermissionSettings = Schema<'PermissionSettings'>;

const segment = encodeURIComponent;

/** `owner/name` as two path segments. */
export function repoPath(name: string): string {
  return name.split('/').map(segment).join('/');
}

function promptsPath(chat: string, prompt?: string): string {
  return `/admin/chats/${segment(chat)}/prompts${prompt === undefined ? '' : `/${segment(prompt)}`}`;
}

/** What is not answered by then is handed over again, in milliseconds; with files it takes longer. */
const handOverTimeout = 15_000;
/** Somebody waits for it, and opencode can be told without our help, in milliseconds. */
const stopTimeout = 5_000;
/** The slowest upload that is still waited for, in characters per millisecond. */
const slowest = 30;

function timeFor({ files = [] }: NewPrompt): number {
  return handOverTimeout + files.reduce((sum, { url }) => sum + url.length, 0) / slowest;
}

/**
 * Hands something over that has its id already. Nothing but ocweb's own word for it counts: what stands between (a
 * proxy, a hotel's login page) may answer 200 to anything.
 */
async function handOver(
  path: string,
  body: { id: string },
  timeout: number,
  signal?: AbortSignal,
): Promise<void> {
  const options = { method: 'POST', body, signal, timeout, redirect: 'error' } as const;
  const response = await send(path, options);
  const answer = await parse<{ id?: unknown } | null>(response);
  if (response.status === 202 && answer?.id === body.id) return;
  throw new RequestError('Something other than ocweb answered.', response.status);
}

const get = <T>(path: string, signal?: AbortSignal, options: RequestOptions = {}) =>
  sendJson<T>(path, { ...options, signal });

export const admin = {
  instance: (signal?: AbortSignal) => get<Instance>('/admin/instance', signal),
  services: async (signal?: AbortSignal) =>
    (await get<{ services: Service[] }>('/admin/services', signal)).services,
  repos: async (signal?: AbortSignal) => (await get<{ repos: Repository[] }>('/admin/repos', signal)).repos,
  githubRepos: async (refresh: boolean, signal?: AbortSignal) =>
    (
      await get<{ repos: GithubRepository[] }>(
        `/admin/repos/github${refresh ? '?refresh=true' : ''}`,
        signal,
        {
          timeout: 60_000,
        },
      )
    ).repos,
  branches: async (repo: string, signal?: AbortSignal) =>
    (
      await get<{ branches: { name: string; default: boolean }[] }>(
        `/admin/repos/${repoPath(repo)}/branches`,
        signal,
      )
    ).branches,
  pushRules: (repo: string, signal?: AbortSignal) =>
    get<PushRules>(`/admin/push-rules/${repoPath(repo)}`, signal),
  /** Holds from the next push on, for all chats of the repository. */
  changePushRules: (repo: string, rules: PushRules) =>
    send(`/admin/push-rules/${repoPath(repo)}`, { method: 'PUT', body: rules }),
  /** Answers when what is new is there; ended when nobody waits for it. */
  fetchRepo: (repo: string, signal?: AbortSignal) =>
    sendJson<Repository>(`/admin/repos/${repoPath(repo)}/fetch`, {
      method: 'POST',
      body: {},
      timeout: 600_000,
      signal,
    }),
  createChat: (chat: NewChat, signal?: AbortSignal) =>
    handOver('/admin/chats', chat, timeFor(chat.prompt), signal),
  handOver: (chat: string, prompt: NewPrompt, signal?: AbortSignal) =>
    handOver(promptsPath(chat), prompt, timeFor(prompt), signal),
  /** Answers it with the content of its files. */
  takeBack: (chat: string, prompt: string) =>
    sendJson<Schema<'Prompt'>>(promptsPath(chat, prompt), { method: 'DELETE', timeout: 120_000 }),
  /** Delivers it although the agent is at work, or once more after it failed. */
  sendNow: (chat: string, prompt: string) =>
    send(`${promptsPath(chat, prompt)}/send`, { method: 'POST', body: {} }),
  /** Ends what a chat does, and holds the prompts that wait behind it. */
  stopChat: (id: string) =>
    send(`/admin/chats/${segment(id)}/stop`, { method: 'POST', body: {}, timeout: stopTimeout }),
  /** Has the prompts that are held go on. */
  resumeChat: (id: string) => send(`/admin/chats/${segment(id)}/resume`, { method: 'POST', body: {} }),
  retryChat: (id: string) => send(`/admin/chats/${segment(id)}/retry`, { method: 'POST', body: {} }),
  /** Ends its preparation; it is then as one that failed. */
  cancelChat: (id: string) =>
    send(`/admin/chats/${segment(id)}/cancel`, { method: 'POST', body: {}, timeout: 60_000 }),
  /** Puts a chat out of sight, or back. */
  archiveChat: (id: string, archived: boolean) =>
    send(`/admin/chats/${segment(id)}/archived`, { method: 'PUT', body: { archived } }),
  /** What holds for new chats, on all devices. */
  permissionSettings: (signal?: AbortSignal) => get<PermissionSettings>('/admin/chats/permissions', signal),
  changePermissionSettings: (settings: PermissionSettings) =>
    send('/admin/chats/permissions', { method: 'PUT', body: settings }),
  /** From its next prompt on. */
  changePermissions: (id: string, permissions: Permissions) =>
    send(`/admin/chats/${segment(id)}/permissions`, { method: 'PUT', body: { permissions } }),
  /** `isTrial`: only tells what would be done. */
  collectGarbage: (isTrial: boolean) =>
    sendJson<Collected>('/admin/gc', { method: 'POST', body: { dry_run: isTrial }, timeout: 120_000 }),
  /** `isFresh`: measured after this was asked. */
  disk: (isFresh: boolean, signal?: AbortSignal) =>
    get<Disk>(`/admin/disk${isFresh ? '?refresh=true' : ''}`, signal, { timeout: 60_000 }),
  load: (hours: number, signal?: AbortSignal) => get<LoadReport>(`/admin/load?hours=${hours}`, signal),
  /** All of this ocweb: its parts, what agents run, and what was left behind. */
  processes: async (signal?: AbortSignal) =>
    (await get<{ processes: ProcessReport[] }>('/admin/processes?all=true', signal)).processes,
  killProcess: (pid: number, startTime: number) =>
    sendJson<KillOutcome>(`/admin/processes/${pid}/kill`, {
      method: 'POST',
      body: { start_time: startTime },
    }),
};

export const auth = {
  sessions: async (signal?: AbortSignal) =>
    (await get<{ sessions: LoginSession[] }>('/auth/sessions', signal)).sessions,
  revoke: (id: string) => send(`/auth/sessions/${segment(id)}`, { method: 'DELETE' }),
  logOut: () => send('/auth/logout', { method: 'POST' }),
  revokeOthers: () => send('/auth/sessions?keep_current=true', { method: 'DELETE' }),
  tokens: async (signal?: AbortSignal) =>
    (await get<{ tokens: AccessToken[] }>('/auth/tokens', signal)).tokens,
  /** Its text is in this answer and nowhere else. */
  makeToken: (wanted: Schema<'NewAccessToken'>) =>
    sendJson<MadeAccessToken>('/auth/tokens', { method: 'POST', body: wanted }),
  revokeToken: (id: string) => send(`/auth/tokens/${segment(id)}`, { method: 'DELETE' }),
};
