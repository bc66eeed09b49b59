/** The model, variant and mode of a chat's next prompt, wherever it is written. */
import { useEffect } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { type Choice, type Choices, useChoices } from '@/features/composer/choices';
import type { EventState } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { watchTranscript } from '@/features/events/sync';

export function useChatChoices(chat: string, repo: string | null): Choices {
  const used = useEvents(useShallow((state) => lastUsed(state, chat)));
  return useChoices(repo, chat, used);
}

/** As above, on a page that does not show the conversation: it must be known what was used last. */
export function useChatChoicesElsewhere(chat: string): Choices {
  useEffect(() => watchTranscript(chat), [chat]);
  const repo = useEvents((state) => state.chats[chat]?.repo ?? null);
  return useChatChoices(chat, repo);
}

/** What the latest prompt used. */
function lastUsed(state: EventState, session: string): Choice | null {
  const transcript = state.transcripts[session];
  const prompt = transcript?.order.findLast((id) => transcript.entries[id]?.info.role === 'user');
  const info = transcript?.entries[prompt ?? '']?.info;
  if (info?.role !== 'user') return null;
  const { providerID, modelID, variant = null } = info.model;
  return { model: providerID === '' ? null : `${providerID}/${modelID}`, variant, mode: info.agent };
}
