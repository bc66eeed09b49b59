/** A picture over the whole screen: pinch or double tap to come nearer; back, Escape and × close it. */
import { useEffect, useRef } from 'react';
import { IconButton } from '@/shared/ui/Icon';
import { useOverlay } from '@/shared/ui/useOverlay';
import { useZoom } from './useZoom';

interface Props {
  address: string;
  name: string;
  onClose: () => void;
}

export function PictureView({ address, name, onClose }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { box, content, handlers } = useZoom();
  useOverlay(onClose);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="picture-view"
      aria-label={`Picture ${name}`}
      onClose={onClose}
      {...handlers}
    >
      <div className="picture-head">
        <span className="picture-name">{name}</span>
        <a className="text-link" href={address} download={name}>
          save
        </a>
        <IconButton name="close" label="Close" onClick={onClose} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
      <div ref={box} className="picture-box" tabIndex={0}>
        <div ref={content} className="picture-content">
          <img src={address} alt={name} draggable={false} />
        </div>
      </div>
    </dialog>
  );
}
