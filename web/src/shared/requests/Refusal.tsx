/** Rejects with words: the agent goes on, and does that instead. */
import { useEffect, useRef } from 'react';

export interface RefusalProps {
  isDisabled: boolean;
  /** Whether it was opened just now, to be typed into. */
  hasFocus: boolean;
  words: string;
  onWords: (words: string) => void;
  onRefuse: (message: string) => void;
  onBack: () => void;
}

export function Refusal({ isDisabled, hasFocus, words, onWords, onRefuse, onBack }: RefusalProps) {
  const box = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (hasFocus) box.current?.focus({ preventScroll: true });
  }, [hasFocus]);
  return (
    <>
      <textarea
        ref={box}
        className="search card-words"
        aria-label="Tell the agent what to do instead"
        placeholder="what the agent is to do instead"
        rows={2}
        value={words}
        onChange={(event) => onWords(event.target.value)}
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
