/** How much of a repository is cloned for a new chat: a chip, and the sheet behind it. */
import { useState } from 'react';
import type { Extent } from '@/shared/api/admin';
import { Icon } from '@/shared/ui/Icon';
import { Options } from '@/shared/ui/Options';
import { Sheet } from '@/shared/ui/Sheet';
import { extents, extentWords } from './extents';

export default function CloneChoice({
  chosen,
  onChoose,
}: {
  chosen: Extent;
  onChoose: (extent: Extent) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="chip"
        aria-label={`Clone: ${extentWords(chosen)}`}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => setOpen(true)}
      >
        <span>{extentWords(chosen)}</span>
        <Icon name="chevron" size={16} />
      </button>
      {isOpen && (
        <Sheet title="Clone" onClose={() => setOpen(false)}>
          <Options
            label="Clone"
            chosen={chosen}
            onChoose={(extent) => {
              onChoose(extent);
              setOpen(false);
            }}
            options={extents.map(({ extent, words, note }) => ({
              key: extent,
              value: extent,
              label: words,
              note,
            }))}
          />
        </Sheet>
      )}
    </>
  );
}
