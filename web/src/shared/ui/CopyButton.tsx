import { useState } from 'react';
import { copyText } from '@/shared/clipboard';

interface Props {
  /** A function is asked when it is copied. */
  text: string | (() => string);
  label: string;
  word?: string;
}

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label, word = 'copy' }: Props) {
  const [told, setTold] = useState(word);
  return (
    <button
      type="button"
      className="copy-button"
      aria-label={label}
      onClick={async () => {
        setTold((await copyText(typeof text === 'string' ? text : text())) ? 'copied' : 'failed');
        setTimeout(() => setTold(word), 1500);
      }}
    >
      {told}
    </button>
  );
}
