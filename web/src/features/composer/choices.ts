/** Which model and mode the next prompt uses: what was chosen here, else what the chat used last, else this device. */
import { useState } from 'react';
import { recall, remember } from '@/shared/storage';

export const defaultMode = 'build';

export interface Choices {
  /** `provider/model`; null leaves it to opencode's configuration. */
  model: string | null;
  mode: string;
  setModel: (model: string) => void;
  setMode: (mode: string) => void;
}

/** `used` is what the chat used last. */
export function useChoices(used: { model: string | null; mode: string | null }): Choices {
  const [model, setModel] = useState<string | null>(null);
  const [mode, setMode] = useState<string | null>(null);
  return {
    model: model ?? used.model ?? recall('model'),
    mode: mode ?? used.mode ?? defaultMode,
    setModel: (value) => {
      remember('model', value);
      setModel(value);
    },
    setMode,
  };
}

/** What fits on a chip: the model without its provider. */
export function shortModel(model: string | null): string {
  return model === null ? 'default model' : (model.split('/').pop() ?? model);
}
