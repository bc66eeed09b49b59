/**
 * Which model, variant and mode the next prompt uses: what was chosen in this chat, else what the chat used last, else
 * what was chosen last in its repository, else on this device.
 */
import { create } from 'zustand';
import { recall, remember } from '@/shared/storage';

export const defaultMode = 'build';

export interface Choice {
  /** `provider/model`; null leaves it to opencode's configuration. */
  model: string | null;
  /** Of the model: how hard it thinks, mostly. Null is the model's own way. */
  variant: string | null;
  mode: string;
}

export interface Choices extends Choice {
  setModel: (model: string, variant: string | null) => void;
  setMode: (mode: string) => void;
}

/** What was chosen last in a repository. */
export interface KeptChoice extends Choice {
  /** Where: a chat's id, or null where a new one is begun. */
  chat: string | null;
}

const keyOf = (repo: string | null) => `choices.${repo ?? ''}`;

/** By repository, as far as this page has asked. */
const useKept = create<Readonly<Record<string, KeptChoice | null>>>(() => ({}));

function keptOf(state: Readonly<Record<string, KeptChoice | null>>, repo: string | null): KeptChoice | null {
  const key = keyOf(repo);
  return key in state ? (state[key] ?? null) : readChoice(recall(key));
}

/** What is kept, as it was written. */
export function readChoice(text: string | null): KeptChoice | null {
  try {
    const { model, variant, mode, chat } = JSON.parse(text ?? 'null') as Record<string, unknown>;
    const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
    return {
      model: textOf(model),
      variant: textOf(variant),
      mode: textOf(mode) ?? defaultMode,
      chat: textOf(chat),
    };
  } catch {
    return null;
  }
}

/** Pure: what counts in a chat, or in a new one (`chat` null). */
export function choiceFor(
  chat: string | null,
  used: Choice | null,
  kept: KeptChoice | null,
  device: string | null,
): Choice {
  const isOfThisChat = kept !== null && kept.chat === chat;
  const choice = isOfThisChat ? kept : (used ?? kept);
  if (choice?.model != null) return choice;
  return { model: device, variant: null, mode: choice?.mode ?? defaultMode };
}

/** `used` is what the chat used last. */
export function useChoices(repo: string | null, chat: string | null, used: Choice | null): Choices {
  useKept((state) => state[keyOf(repo)]);
  const { model, variant, mode } = choiceFor(chat, used, keptOf(useKept.getState(), repo), recall('model'));
  function keep(choice: Choice): void {
    const kept: KeptChoice = { ...choice, chat };
    useKept.setState({ [keyOf(repo)]: kept });
    remember(keyOf(repo), JSON.stringify(kept));
  }
  return {
    model,
    variant,
    mode,
    setModel(chosen, itsVariant) {
      remember('model', chosen);
      keep({ model: chosen, variant: itsVariant, mode });
    },
    setMode: (chosen) => keep({ model, variant, mode: chosen }),
  };
}

/** What fits on a chip: the model without its provider, and its variant. */
export function shortModel({ model, variant }: Choice): string {
  const name = model === null ? 'default model' : (model.split('/').pop() ?? model);
  return variant === null ? name : `${name} · ${variant}`;
}
