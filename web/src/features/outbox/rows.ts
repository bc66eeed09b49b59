/** What is shown of prompts that opencode does not have yet, wherever they are kept. Pure. */
import { isRunning } from '@/features/events/state';
import type { ChatView, PromptDocument } from '@/shared/api/relay';
import type { FileName } from '@/shared/files';
import { type Item, inOrder, type Manner, mannerOf, type PromptKind, typed } from './item';
import type { OutboxState } from './outbox';

export type RowState =
  /** On this phone. */
  | 'kept'
  /** The server will not take it. */
  | 'refused'
  /** The server keeps it until its turn. */
  | 'waiting'
  /** The server keeps it until somebody has it go on: the chat was stopped. */
  | 'held'
  /** On its way to opencode. */
  | 'sending'
  /** opencode would not take it. */
  | 'failed'
  | 'sent';

export interface Row {
  id: string;
  /** As it was typed. */
  text: string;
  files: readonly FileName[];
  manner: Manner;
  state: RowState;
  /** The state in words. */
  words: string;
  /** Whether it is this phone that keeps it. */
  isHere: boolean;
  /** Whether it could be delivered at once although the agent is at work. */
  canHurry: boolean;
  /** Whether another attempt could succeed where one failed. */
  canRetry: boolean;
  /** On the first of those that are held: what has them all go on. */
  resume: string | null;
}

export interface Circumstances {
  chat: ChatView | undefined;
  /** Whether this page is connected. */
  isLive: boolean;
  isOpencodeUp: boolean;
  /** Whether the conversation shows a message already. */
  isShown(id: string): boolean;
}

export function rowsOf(chat: string, outbox: OutboxState, now: Circumstances): Row[] {
  const told = now.chat?.prompts ?? [];
  const isTold = new Set(told.map(({ id }) => id));
  const ofChat = (item: Item) => item.chat === chat && !isTold.has(item.id) && !now.isShown(item.id);
  const rows = [
    ...told.filter(({ id }) => !now.isShown(id)).map((prompt, index) => ofServer(prompt, index, told, now)),
    ...outbox.accepted.filter(ofChat).map((item) => row(item, 'sent', 'sent', false)),
  ].sort((a, b) => (a.id < b.id ? -1 : 1));
  const here = new Set(outbox.accepted.map(({ id }) => id));
  const kept = inOrder(outbox.items).filter((item) => ofChat(item) && !here.has(item.id));
  return [
    ...rows,
    ...kept.map((item, index) => ofPhone(item, kept.slice(0, index), outbox.setbacks[item.id], now)),
  ];
}

interface Shown {
  id: string;
  kind?: PromptKind;
  command?: string | null;
  text: string;
  files: readonly FileName[];
  model: string | null;
  variant: string | null;
  agent: string | null;
}

function row(prompt: Shown, state: RowState, words: string, isHere: boolean): Row {
  const canRetry = state === 'refused' || state === 'failed';
  const { id, files } = prompt;
  const manner = mannerOf(prompt);
  return {
    id,
    text: typed(prompt),
    files,
    manner,
    state,
    words,
    isHere,
    canHurry: false,
    canRetry,
    resume: null,
  };
}

const behind = 'waiting for the one before it';

function ofPhone(
  item: Item,
  before: readonly Item[],
  setback: string | undefined,
  { isLive }: Circumstances,
): Row {
  if (item.refusal !== null) {
    return { ...row(item, 'refused', `Not sent: ${item.refusal}`, true), canRetry: !item.isFinal };
  }
  if (before.some(({ refusal }) => refusal !== null)) return row(item, 'kept', behind, true);
  if (!isLive) return row(item, 'kept', 'on this phone, waiting for the network', true);
  return row(item, 'kept', setback === undefined ? 'being sent' : `trying again: ${setback}`, true);
}

function ofServer(
  prompt: PromptDocument,
  index: number,
  all: readonly PromptDocument[],
  now: Circumstances,
): Row {
  switch (prompt.state) {
    case 'failed':
      return row(prompt, 'failed', `Not delivered: ${reason(prompt)}`, false);
    case 'sending':
      return row(prompt, 'sending', 'being handed to opencode', false);
    case 'delivered':
      return row(prompt, 'sent', 'sent', false);
    case 'held': {
      const isFirst = !all.slice(0, index).some(({ state }) => state === 'held');
      const resume = index === all.length - 1 ? 'Send it' : 'Send them';
      return {
        ...row(prompt, 'held', 'held: you stopped this chat', false),
        resume: isFirst ? resume : null,
      };
    }
    case 'waiting': {
      const isBehind = all.slice(0, index).some(({ state }) => state === 'failed');
      const words = isBehind ? behind : waitsFor(now);
      const canHurry = !isBehind && now.isOpencodeUp && isRunning(now.chat);
      return { ...row(prompt, 'waiting', words, false), canHurry };
    }
  }
}

function reason({ error }: PromptDocument): string {
  return error?.detail ?? error?.title ?? 'opencode did not take it.';
}

function waitsFor({ chat, isOpencodeUp }: Circumstances): string {
  if (chat?.preparation?.state === 'cloning') return 'waiting for the clone';
  if (chat?.preparation) return 'waiting for the working copy';
  // Nothing that waits is behind a failure but that of the preparation.
  if (chat?.state === 'failed') return 'waiting for the working copy, which could not be made';
  if (!isOpencodeUp) return 'waiting for opencode';
  if (isRunning(chat)) return 'waiting until the agent is done';
  return 'waiting for its turn';
}
