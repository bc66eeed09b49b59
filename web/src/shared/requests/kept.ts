/** Answers that are being given, by request: kept by this browser while another card, chat or page is looked at. */
import { useState } from 'react';
import { rememberLatest } from '@/shared/latest';

/** A request that was answered elsewhere is never heard of again here: only so many are kept. */
const answers = rememberLatest('answers', 20);

/** `read` makes sense of what was kept, which may be null or of another form. */
export function useKeptAnswer<T>(request: string, read: (kept: unknown) => T): [T, (answer: T) => void] {
  const [answer, setAnswer] = useState(() => read(answers.recall(request)));
  return [
    answer,
    (changed) => {
      setAnswer(changed);
      answers.remember(request, changed);
    },
  ];
}

/** It is answered. */
export function forgetAnswer(request: string): void {
  answers.remember(request, null);
}
