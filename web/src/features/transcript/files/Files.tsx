/** Files of a message or a tool: pictures as thumbnails, of which the place is kept from the beginning; others by name. */
import { useState } from 'react';
import type { FilePart } from '@/shared/api/opencode';
import { bytes } from '@/shared/format';
import { kindOfFile, nameOfFile, sizeOfFile } from './file';
import { PictureView } from './PictureView';
import './files.css';

export function Files({ files }: { files: readonly FilePart[] }) {
  if (files.length === 0) return null;
  return (
    <ul className="files" aria-label="Files">
      {files.map((file) => (
        <li key={file.id}>
          <OneFile file={file} />
        </li>
      ))}
    </ul>
  );
}

function OneFile({ file }: { file: FilePart }) {
  const [isBroken, setBroken] = useState(false);
  const kind = kindOfFile(file);
  const name = nameOfFile(file);
  switch (kind.type) {
    case 'picture':
      if (isBroken) return <FileName name={name} note="the picture could not be loaded" />;
      return <Thumbnail address={kind.address} name={name} onFailure={() => setBroken(true)} />;
    case 'download': {
      const size = sizeOfFile(kind.address);
      return (
        <a className="file-name" href={kind.address} download={name} data-testid="file">
          <span>{name}</span> <span className="dim">{size === null ? 'save' : `${bytes(size)} · save`}</span>
        </a>
      );
    }
    case 'name':
      return <FileName name={name} />;
  }
}

function FileName({ name, note }: { name: string; note?: string }) {
  return (
    <p className="file-name" data-testid="file">
      <span>{name}</span> {note !== undefined && <span className="dim">{note}</span>}
    </p>
  );
}

function Thumbnail({ address, name, onFailure }: { address: string; name: string; onFailure: () => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className="thumbnail"
        aria-label={`Show picture ${name}`}
        onClick={() => setOpen(true)}
      >
        <img
          src={address}
          alt=""
          width={132}
          height={132}
          loading="lazy"
          decoding="async"
          onError={onFailure}
        />
      </button>
      {isOpen && <PictureView address={address} name={name} onClose={() => setOpen(false)} />}
    </>
  );
}
