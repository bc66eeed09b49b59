/** A prompt that this phone keeps until the server has it. Pure. */
import type { Extent } from '@/shared/api/admin';
import type { FileContent, FileName } from '@/shared/files';
import { RequestError } from '@/shared/http';

/** What opencode is to do with it. */
export type PromptKind = 'prompt' | 'command' | 'shell';

/** What somebody wants to say. */
export interface Written {
  kind: PromptKind;
  /** Of a command: its arguments. */
  text: string;
  /** The command's name, where it is one. */
  command: string | null;
  /** Agents and files that the text mentions. */
  agents: readonly string[];
  mentions: readonly string[];
}

/** How it is to be done; what is null is left to the server, which goes on as the chat did last. */
export interface Manner {
  /** `provider/model`. */
  model: string | null;
  /** The model's variant, such as how hard it thinks. */
  variant: string | null;
  mode: string | null;
}

/** What comes back to the box when a prompt is taken back. */
export interface TakenBack {
  /** As it was typed. */
  text: string;
  files: readonly FileContent[];
  manner: Manner;
  /** Whether this phone keeps the files until they are in the box. */
  isKeptElsewhere: boolean;
}

export interface Item extends Written {
  /** The id of the message that it becomes: made here, so that it can be sent twice and arrive once. */
  id: string;
  chat: string;
  model: string | null;
  variant: string | null;
  /** The mode. */
  agent: string | null;
  /** Their content is kept beside it. */
  files: readonly FileName[];
  /** Set where the chat is made with this as its first prompt. */
  newChat: { repo: string; base: string | null; extent?: Extent } | null;
  created_at: string;
  /** Whether the server may have it already. */
  isAttempted: boolean;
  /** Why the server will not take it; it and what comes after it wait for somebody's decision. */
  refusal: string | null;
  /** Whether that will never change: it can only be taken back. */
  isFinal?: boolean;
}

/** An item as an earlier version of this page may have kept it. */
export function completed(item: Partial<Item> & Item): Item {
  return {
    ...item,
    kind: item.kind ?? 'prompt',
    command: item.command ?? null,
    agents: item.agents ?? [],
    mentions: item.mentions ?? [],
    variant: item.variant ?? null,
    files: item.files ?? [],
  };
}

/** What was typed in the box, and can be typed again. */
export function typed({
  kind,
  command,
  text,
}: {
  kind?: PromptKind;
  command?: string | null;
  text: string;
}): string {
  if (kind === 'shell') return `!${text}`;
  if (kind === 'command') return `/${command ?? ''} ${text}`.trim();
  return text;
}

export function mannerOf({ model, variant, agent }: Pick<Item, 'model' | 'variant' | 'agent'>): Manner {
  return { model, variant, mode: agent };
}

/** Oldest first; ids sort by time. */
export function inOrder(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The next to hand over: the oldest of a chat that is not held up. */
export function nextOf(items: readonly Item[], heldUp: ReadonlySet<string>): Item | null {
  const seen = new Set(heldUp);
  for (const item of inOrder(items)) {
    if (!seen.has(item.chat) && item.refusal === null) return item;
    seen.add(item.chat);
  }
  return null;
}

/** Whether asking again would be answered in the same way. */
export function isRefusal(error: unknown): error is RequestError {
  if (!(error instanceof RequestError)) return false;
  const { status } = error;
  return status >= 400 && status < 500 && ![401, 408, 425, 429].includes(status);
}

/** Whether no other attempt can ever be taken: it was taken back or its chat deleted, perhaps on another device. */
export function isFinal({ kind }: RequestError): boolean {
  return kind === 'chat-deleted' || kind === 'prompt-taken-back';
}
