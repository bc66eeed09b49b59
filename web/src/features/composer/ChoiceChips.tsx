/** The mode and model chips and their sheets. */
import { lazy, Suspense, useState } from 'react';
import { Chip } from './Chip';
import { type Choices, shortModel } from './choices';

const ModelPicker = lazy(() => import('./ModelPicker'));
const ModePicker = lazy(() => import('./ModePicker'));

interface Props {
  choices: Choices;
  /** Whose modes there are. */
  directory: string | undefined;
  /** Whose models; where it is not known, opencode's own, which need no working copy to be opened first. */
  modelsOf: string | undefined;
}

export function ChoiceChips({ choices, directory, modelsOf }: Props) {
  const [sheet, setSheet] = useState<'model' | 'mode' | null>(null);
  const close = () => setSheet(null);
  return (
    <>
      <Chip label="Mode" value={choices.mode ?? 'same mode'} onClick={() => setSheet('mode')} />
      <Chip label="Model" value={shortModel(choices) ?? choices.open} onClick={() => setSheet('model')} />
      <Suspense>
        {sheet === 'mode' && (
          <ModePicker
            directory={directory}
            chosen={choices.mode}
            onClose={close}
            onChoose={(mode) => {
              choices.setMode(mode);
              close();
            }}
          />
        )}
        {sheet === 'model' && (
          <ModelPicker directory={modelsOf} chosen={choices} onClose={close} onChoose={choices.setModel} />
        )}
      </Suspense>
    </>
  );
}
