/** The box itself: its focus, its height, the caret, and compositions (dictation, input methods), which nothing may break. */
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';

export interface Box {
  ref: RefObject<HTMLTextAreaElement | null>;
  /** Where the caret stands. */
  caret: number;
  /** Call when the caret may have moved. */
  followCaret: () => void;
  /** Where the caret is to stand once the text has changed. */
  placeCaret: (at: number) => void;
  /** Resolves when nothing is being composed, ending what is: for somebody who tapped Send in mid-word. */
  settle: () => Promise<void>;
  /** For the `textarea`. */
  composition: { onCompositionStart: () => void; onCompositionEnd: () => void };
}

/** Measuring a longer text at each letter would be felt; it fills the box in any case. */
const longest = 4_000;

export function useBox(text: string): Box {
  const ref = useRef<HTMLTextAreaElement>(null);
  const isComposing = useRef(false);
  const wanted = useRef<number | null>(null);
  const [caret, setCaret] = useState(0);
  const followCaret = () => setCaret(ref.current?.selectionStart ?? 0);

  useEffect(() => {
    const area = ref.current;
    if (!area) return;
    area.setSelectionRange(area.value.length, area.value.length);
    area.focus({ preventScroll: true });
  }, []);

  useLayoutEffect(() => {
    const area = ref.current;
    if (!area) return;
    area.style.height = text.length > longest ? '100vh' : 'auto';
    if (text.length <= longest) area.style.height = `${area.scrollHeight}px`;
    if (wanted.current === null) return;
    area.setSelectionRange(wanted.current, wanted.current);
    setCaret(wanted.current);
    wanted.current = null;
  }, [text]);

  return {
    ref,
    caret,
    followCaret,
    placeCaret: (at) => {
      wanted.current = at;
    },
    async settle() {
      if (!isComposing.current) return;
      // Leaving the box ends a composition as its author would; the keyboard stays, as it is entered again at once.
      ref.current?.blur();
      ref.current?.focus({ preventScroll: true });
      // What was composed arrives as an event of its own.
      await new Promise((resolve) => setTimeout(resolve));
    },
    composition: {
      onCompositionStart: () => {
        isComposing.current = true;
      },
      onCompositionEnd: () => {
        isComposing.current = false;
      },
    },
  };
}
