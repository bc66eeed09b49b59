/**
 * Which model, variant and mode the next prompt uses. In a chat that is what was chosen there since its last prompt; what
 * was not is left open, and the server goes on with what the chat used last, whoever used it. A new chat begins with what
 * was chosen last in its repository, wherever that was, else on this device.
 */
import { create } from 'zustand';
import { rememberLatest } from '@/shared/latest';
import { recall, recallJson, remember } from '@/shared/storage';

const defaultMode = 'build';

export interface Choice {
  /** `provider/model`; null leaves it open. */
  model: string | null;
  /** Of the model: how hard it thinks, mostly. Null is the model's own way. */
  variant: string | null;
  /** Null leaves it open. */
  mode: string | null;
}

export const nothingChosen: Choice = { model: null, variant: null, mode: null };

/** What is shown, as far as it is known. */
export interface Choices extends Choice {
  /** What is to be sent. */
  told: Choice;
  /** What is said of a model that is not known. */
  open: string;
  setModel: (model: string, variant: string | null) => void;
  setMode: (mode: string) => void;
}

/** By repository: for new chats. */
const repoKey = (repo: string | null) => `choices.${repo ?? ''}`;
/** By chat: what was chosen there and not sent yet. Of so many chats. */
const chosen = rememberLatest('chosen', 50);
const chatKey = (chat: string) => `chosen.${chat}`;

/** As far as this page has changed it; the rest is as the browser remembers it. */
const useKept = create<Readonly<Record<string, Choice>>>(() => ({}));

function ofRepo(repo: string | null): Choice {
  return useKept.getState()[repoKey(repo)] ?? readChoice(recallJson(repoKey(repo)));
}

function ofChat(chat: string): Choice {
  return useKept.getState()[chatKey(chat)] ?? readChoice(chosen.recall(chat));
}

function keepOfRepo(repo: string | null, choice: Choice): void {
  useKept.setState({ [repoKey(repo)]: choice });
  remember(repoKey(repo), JSON.stringify(choice));
}

function keepOfChat(chat: string, choice: Choice): void {
  useKept.setState({ [chatKey(chat)]: choice });
  const isNothing = choice.model === null && choice.mode === null;
  chosen.remember(chat, isNothing ? null : choice);
}

/** What is kept, as it was written. */
export function readChoice(value: unknown): Choice {
  if (typeof value !== 'object' || value === null) return nothingChosen;
  const { model, variant, mode } = value as Record<string, unknown>;
  const textOf = (text: unknown) => (typeof text === 'string' ? text : null);
  return { model: textOf(model), variant: textOf(variant), mode: textOf(mode) };
}

/** Pure: a choice, and what it leaves open as another says. A variant belongs to its model. */
export function over(choice: Choice, other: Choice): Choice {
  const { model, variant } = choice.model === null ? other : choice;
  return { model, variant, mode: choice.mode ?? other.mode };
}

/** For the first prompt of a chat. */
export function useNewChatChoices(repo: string | null): Choices {
  useKept((state) => state[repoKey(repo)]);
  const onDevice: Choice = { model: recall('model'), variant: null, mode: defaultMode };
  const choice = over(ofRepo(repo), onDevice);
  return {
    ...choice,
    told: choice,
    open: 'default model',
    setModel(model, variant) {
      remember('model', model);
      keepOfRepo(repo, { ...choice, model, variant });
    },
    setMode: (mode) => keepOfRepo(repo, { ...choice, mode }),
  };
}

/** For the next prompt of a chat. `used` is what it used last, as far as this page knows: to be shown, not to be sent. */
export function useChatChoices(repo: string | null, chat: string, used: Choice): Choices {
  useKept((state) => state[chatKey(chat)]);
  const told = ofChat(chat);
  function choose(change: Partial<Choice>): void {
    keepOfChat(chat, { ...told, ...change });
    keepOfRepo(repo, over({ ...over(told, used), ...change }, ofRepo(repo)));
  }
  return {
    ...over(told, used),
    told,
    // What names its mode and no model was begun so.
    open: used.mode === null ? 'same model' : 'default model',
    setModel(model, variant) {
      remember('model', model);
      choose({ model, variant });
    },
    setMode: (mode) => choose({ mode }),
  };
}

/** It has been sent: from now on it is what the chat used last. What was chosen since stays. */
export function choiceWasSent(chat: string, sent: Choice): void {
  if (JSON.stringify(ofChat(chat)) === JSON.stringify(sent)) keepOfChat(chat, nothingChosen);
}

/** What was sent with it is taken back. What was chosen since counts more. */
export function giveChoiceBack(chat: string, choice: Choice): void {
  keepOfChat(chat, over(ofChat(chat), choice));
}

/** What fits on a chip: the model without its provider, and its variant. */
export function shortModel({ model, variant }: Choice): string | null {
  const name = model?.split('/').pop() ?? null;
  return variant === null || name === null ? name : `${name} · ${variant}`;
}
