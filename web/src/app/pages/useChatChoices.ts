/** The model, variant and mode of a chat's next prompt, wherever it is written. */
import { useShallow } from 'zustand/react/shallow';
import {
  type Choice,
  type Choices,
  nothingChosen,
  over,
  useChatChoices as useChoices,
} from '@/features/composer/choices';
import type { EventState } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { inOrder } from '@/features/outbox/item';
import { useOutbox } from '@/features/outbox/store';

export function useChatChoices(chat: string, repo: string | null): Choices {
  const kept = useOutbox(
    useShallow(({ items, accepted }) =>
      lastOf(inOrder([...accepted, ...items].filter((item) => item.chat === chat))),
    ),
  );
  const waiting = useEvents(useShallow((state) => lastOf(state.chats[chat]?.prompts ?? [])));
  const said = useEvents(useShallow((state) => lastSaid(state, chat)));
  return useChoices(repo, chat, over(kept, over(waiting, said)));
}

/** What the latest of some prompts name. */
function lastOf(
  prompts: readonly { model: string | null; variant: string | null; agent: string | null }[],
): Choice {
  return prompts.reduce(
    (last, { model, variant, agent }) => over({ model, variant, mode: agent }, last),
    nothingChosen,
  );
}

/** What the latest prompt of the conversation used. */
function lastSaid(state: EventState, session: string): Choice {
  const transcript = state.transcripts[session];
  const prompt = transcript?.order.findLast((id) => transcript.entries[id]?.info.role === 'user');
  const info = transcript?.entries[prompt ?? '']?.info;
  if (info?.role !== 'user') return nothingChosen;
  const { providerID, modelID, variant = null } = info.model;
  return { model: providerID === '' ? null : `${providerID}/${modelID}`, variant, mode: info.agent };
}
