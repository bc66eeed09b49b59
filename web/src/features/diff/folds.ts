/** Which files of a chat's changes somebody folded or unfolded, remembered by the browser. */
import { useState } from 'react';
import { recall, remember } from '@/shared/storage';

const key = (chat: string) => `diff-folds.${chat}`;

type Folds = Readonly<Record<string, boolean>>;

function read(chat: string): Folds {
  try {
    const value: unknown = JSON.parse(recall(key(chat)) ?? '{}');
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter(([, open]) => typeof open === 'boolean'));
  } catch {
    return {};
  }
}

/** Whether a file was left open, by its path; undefined where nobody said anything. */
export function useFolds(chat: string): [folds: Folds, setOpen: (path: string, open: boolean) => void] {
  const [folds, setFolds] = useState(() => read(chat));
  return [
    folds,
    (path, open) => {
      const next = { ...folds, [path]: open };
      setFolds(next);
      remember(key(chat), JSON.stringify(next));
    },
  ];
}
