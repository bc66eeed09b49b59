/** Rejects with words: the agent goes on, and does that instead. */
import { useEffect, useRef, useState } from 'react';

export interface RefusalProps {
  isDisabled: boolean;
  onRefuse: (message: string) => void;
  onBack: () => void;
}

export function Refusal({ isDisabled, onRefuse, onBack }: RefusalProps) {
  const [words, setWords] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  return (
    <>
      <textarea
        ref={box}
        className="search card-words"
        aria-label="Tell the agent what to do instead"
        placeholder="what the agent is to do instead"
        rows={2}
        value={words}
        onChange={(event) => setWords(event.target.value)}
      />
      <fieldset className="card-buttons" disabled={isDisabled}>
        <button
          type="button"
          className="button danger wide"
          disabled={words.trim() === ''}
          onClick={() => onRefuse(words.trim())}
        >
          Reject and say so
        </button>
        <button type="button" className="button wide" onClick={onBack}>
          Back
        </button>
      </fieldset>
    </>
  );
}
