/** The way to the camera and to the pictures on the device. */
import { type ChangeEvent, lazy, Suspense, useRef, useState } from 'react';
import { IconButton } from '@/shared/ui/Icon';

const ActionSheet = lazy(() =>
  import('@/shared/ui/ActionSheet').then((module) => ({ default: module.ActionSheet })),
);

/** Android's own picker of pictures offers no camera; elsewhere the browser asks by itself. */
const mustAsk = () => /Android/.test(navigator.userAgent);

export function AttachButton({ onPick }: { onPick: (files: readonly File[]) => void }) {
  const [isAsking, setAsking] = useState(false);
  const gallery = useRef<HTMLInputElement>(null);
  const camera = useRef<HTMLInputElement>(null);
  function picked(event: ChangeEvent<HTMLInputElement>) {
    const files = [...(event.target.files ?? [])];
    // Else the same picture could not be picked again after it was removed.
    event.target.value = '';
    if (files.length > 0) onPick(files);
  }
  const hidden = { type: 'file', hidden: true, tabIndex: -1, onChange: picked } as const;
  return (
    <>
      <input
        ref={gallery}
        {...hidden}
        multiple
        accept="image/*,application/pdf,text/plain"
        data-testid="attach-input"
      />
      <input ref={camera} {...hidden} accept="image/*" capture="environment" />
      <IconButton
        name="picture"
        label="Attach"
        onClick={() => (mustAsk() ? setAsking(true) : gallery.current?.click())}
      />
      <Suspense>
        {isAsking && (
          <ActionSheet
            title="Attach"
            onClose={() => setAsking(false)}
            actions={[
              { label: 'Take a photo', onClick: () => camera.current?.click() },
              { label: 'Choose pictures or files', onClick: () => gallery.current?.click() },
            ]}
          />
        )}
      </Suspense>
    </>
  );
}
