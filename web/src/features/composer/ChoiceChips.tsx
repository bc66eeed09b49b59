/** The mode and model chips and their sheets. */
import { lazy, Suspense, useState } from 'react';
import { Chip } from './Chip';
import { type Choices, shortModel } from './choices';

const ModelPicker = lazy(() => import('./ModelPicker'));
const ModePicker = lazy(() => import('./ModePicker'));

export function ChoiceChips({ choices, directory }: { choices: Choices; directory: string | undefined }) {
  const [open, setOpen] = useState<'model' | 'mode' | null>(null);
  const close = () => setOpen(null);
  return (
    <>
      <Chip label="Mode" value={choices.mode} onClick={() => setOpen('mode')} />
      <Chip label="Model" value={shortModel(choices)} onClick={() => setOpen('model')} />
      <Suspense>
        {open === 'mode' && (
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
        {open === 'model' && (
          <ModelPicker directory={directory} chosen={choices} onClose={close} onChoose={choices.setModel} />
        )}
      </Suspense>
    </>
  );
}
