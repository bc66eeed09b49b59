/** `/settings/models`: which models are offered on this device, and which one new chats begin with. */
import { lazy, Suspense, useState } from 'react';
import { Models } from '@/features/providers/Models';
import { recall, remember } from '@/shared/storage';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

const ModelPicker = lazy(() => import('@/features/composer/ModelPicker'));

/** What a new chat's model chip begins with; opencode's own configuration stays as it is, as changing that would end what runs. */
const key = 'model';

export default function ModelsPage() {
  useTitle('Models');
  const [chosen, setChosen] = useState(() => recall(key));
  const [isPicking, setPicking] = useState(false);
  return (
    <>
      <TopBar
        before={<BackButton href="/settings" label="Settings" />}
        title="Models"
        sub="offered on this device"
      />
      <main className="page-body">
        <div className="page-content">
          <button type="button" className="row" onClick={() => setPicking(true)}>
            <span className="grow">Default model</span>
            <span className="sub">{chosen ?? 'opencode’s default'}</span>
          </button>
          <Models />
        </div>
      </main>
      {isPicking && (
        <Suspense>
          <ModelPicker
            directory={undefined}
            chosen={{ model: chosen, variant: null }}
            onChoose={(model) => {
              remember(key, model);
              setChosen(model);
            }}
            onClose={() => setPicking(false)}
          />
        </Suspense>
      )}
    </>
  );
}
