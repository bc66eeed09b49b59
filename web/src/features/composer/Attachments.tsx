/** What goes with the prompt, above the box: each can be looked at and removed. */
import { useEffect, useState } from 'react';
import { Icon } from '@/shared/ui/Icon';
import { type Attachment, detach } from './attachments';
import './attachments.css';

export default function Attachments({ files, reading }: { files: readonly Attachment[]; reading: number }) {
  return (
    <ul className="attachments" aria-label="Attached">
      {files.map((file) => (
        <li key={file.id} className="attachment" data-testid="attachment">
          <Preview file={file} />
          <button
            type="button"
            className="attachment-remove"
            aria-label={`Remove ${file.filename}`}
            onClick={() => void detach(file.draft, [file.id])}
          >
            <Icon name="close" size={16} />
          </button>
        </li>
      ))}
      {reading > 0 && (
        <li className="attachment attachment-name" role="status">
          reading…
        </li>
      )}
    </ul>
  );
}

function Preview({ file }: { file: Attachment }) {
  const [url, setUrl] = useState<string | null>(null);
  const isPicture = file.mime.startsWith('image/');
  useEffect(() => {
    if (!isPicture) return;
    const made = URL.createObjectURL(new Blob([file.bytes], { type: file.mime }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file, isPicture]);
  if (isPicture) return url === null ? null : <img src={url} alt={file.filename} />;
  return <span className="attachment-name">{file.filename}</span>;
}
