/** The message of a commit: what a model proposes, until somebody types; what was typed is kept on this phone. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { proposeCommit } from '@/shared/api/shipping';
import { recall, remember } from '@/shared/storage';

const keyOf = (chat: string) => `commit.${chat}`;

export interface Message {
  /** What is in the box. */
  text: string;
  type: (text: string) => void;
  isProposing: boolean;
  /** Why nothing is proposed. */
  problem: Error | null;
  /** Whether there is a proposal other than what is in the box. */
  hasOther: boolean;
  /** Takes the proposal, or asks for one. */
  propose: () => void;
  /** What was typed is needed no more. */
  forget: () => void;
}

/** `files`: those that the commit will have; null for all. */
export function useMessage(chat: string, files: readonly string[] | null): Message {
  const [typed, setTyped] = useState(() => recall(keyOf(chat)));
  // Which files a proposal is asked for; none is asked for unasked where something was typed before.
  const [asked, setAsked] = useState<{ files: readonly string[] | null } | null>(() =>
    typed === null ? { files } : null,
  );
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['proposal', chat, 'commit', asked?.files ?? null],
    queryFn: ({ signal }) => proposeCommit(chat, asked?.files ?? null, signal),
    enabled: asked !== null,
    // Each costs a little, and holds for what the files were when the sheet was opened.
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    refetchOnWindowFocus: false,
  });
  const proposed = data === undefined ? null : [data.title, data.body].filter(Boolean).join('\n\n');

  function type(text: string | null) {
    setTyped(text);
    remember(keyOf(chat), text);
  }

  function propose() {
    const isOfThese = asked !== null && JSON.stringify(asked.files) === JSON.stringify(files);
    if (proposed !== null && isOfThese && proposed !== typed) return type(null);
    if (isOfThese) void refetch();
    else setAsked({ files });
  }

  return {
    text: typed ?? proposed ?? '',
    type,
    isProposing: isFetching,
    problem: error,
    hasOther: proposed !== null && typed !== null && typed !== proposed,
    propose,
    forget: () => type(null),
  };
}
