import { useState } from 'react';
import { copyText } from '@/shared/clipboard';

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [told, setTold] = useState('copy');
  return (
    <button
      type="button"
      className="copy-button"
      aria-label={label}
      onClick={async () => {
        setTold((await copyText(text)) ? 'copied' : 'failed');
        setTimeout(() => setTold('copy'), 1500);
      }}
    >
      {told}
    </button>
  );
}
